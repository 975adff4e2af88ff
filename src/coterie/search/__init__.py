"""Who else is like this: an index on disk, filters, queries in words, and why rows are alike.

``schema``, ``columns`` and ``levels`` say what is known of a table; ``filters`` are conditions on
it, and ``phrases`` reads them from words. ``storage`` has the files of an index and opens it, and
``writing`` changes it. ``nearest`` compares vectors by a plan, ``words`` texts by BM25, and
``searching`` puts both together. ``closeness`` and ``alike`` say how close a hit is, and why.
"""
