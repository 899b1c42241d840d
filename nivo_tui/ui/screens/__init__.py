"""The screens: review, write plan, help."""
