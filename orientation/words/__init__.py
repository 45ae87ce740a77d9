"""What people type, read into criteria: pure, from our own tables, with nothing guessed silently."""

from orientation.words.lexicon import Lexicon, lexicon
from orientation.words.places import PlaceNames
from orientation.words.reading import MAX_TEXT, Reading, read
from orientation.words.understood import Understood
from orientation.words.vocabulary import Vocabulary

__all__ = ["MAX_TEXT", "Lexicon", "PlaceNames", "Reading", "Understood", "Vocabulary", "lexicon", "read"]
