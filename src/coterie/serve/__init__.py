"""The HTTP service: the same workflows as Python and the command line, watched and safe."""
