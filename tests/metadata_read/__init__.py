"""Tests of reading metadata."""
