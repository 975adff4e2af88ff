"""An index on disk: versions, parts that never change, and the rows of one version, open.

::

    INDEX/versions/00000007.json   which parts a version has, which rows were deleted; hash of each
                                   file, and a digest of itself
    INDEX/schemas/00000007.json    what is known of the columns
    INDEX/parts/00000003/          rows that were added together: ids and texts, columns, vectors,
                                   words; memory-mapped
    INDEX/deleted/00000007.i64     places of rows that were deleted or replaced
    INDEX/codes/00000003.faiss     vectors in 4 bits a dimension, of a large index
    INDEX/encoders/00000001/       an encoder that was made for this index

A change writes new files, syncs them, and then puts the file of the new version in its place: that
is when the change is made. Nothing that an earlier version needs is touched until then, so a writer
that is killed at any moment leaves the version before. Writers wait for each other; who reads goes
on with the version that it opened.
"""
