"""Pages for people: views make plain dicts, templates show them, small scripts enhance them.

Every page works without script. Pages ask the services that the API asks, and never the API itself.
"""
