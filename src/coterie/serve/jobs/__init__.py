"""Long work in the background, a process for each job."""
