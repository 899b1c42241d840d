"""The errors of nivo-tui: each says, in a line a person can act on, what is wrong and what to do."""


class NivoError(Exception):
    """Base of every error that is shown to the user as one line, without a traceback."""


class UsageError(NivoError):
    """The command line asks for something that cannot be: wrong words, or a path that does not exist."""


class SettingsError(NivoError):
    """The settings file cannot be read, or names a key or a value that is not known."""


class StoreError(NivoError):
    """A database of the home cannot be opened or used."""


class NewerStoreError(StoreError):
    """A database was written by a newer nivo-tui than this one."""


class HomeBusyError(NivoError):
    """Another engine holds the home."""


class EngineError(NivoError):
    """The engine process could not be started, or ended when it should not have."""


class PhotoError(NivoError):
    """One photo could not be used; the run goes on with the next."""


class UnreadableError(PhotoError):
    """The file cannot be opened or read."""


class DecodeError(PhotoError):
    """The file is no picture that can be decoded."""


class TooLargeError(DecodeError):
    """The picture has more pixels, or the file more bytes, than may be held in memory at once."""


class RefusedError(PhotoError):
    """A write that would risk damage was not made; the file is as it was."""


class PackError(NivoError):
    """A model pack cannot be used."""
