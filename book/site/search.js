// Before Sphinx's search starts: excerpts are fetched, and a browser fetches nothing from a folder.
"use strict";
DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = location.protocol.startsWith("http");
