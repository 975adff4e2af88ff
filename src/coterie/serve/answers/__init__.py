"""What answers: versions of models, their traffic and batches, segments, the index, and advice."""
