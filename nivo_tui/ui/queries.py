"""Reads the queries that a person types, without holding up the screen."""

from __future__ import annotations

import asyncio

from nivo_tui.catalog.query import Query, parse


async def read_query(text: str) -> Query:
    """The query of a text. Raises UsageError where it is none.

    One that may name a place is read in a thread: the first name waits for the table of all places.
    """
    if "near:" in text.lower():
        return await asyncio.to_thread(parse, text)
    return parse(text)
