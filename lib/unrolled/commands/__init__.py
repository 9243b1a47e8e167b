"""What `python -m unrolled` does beyond a look: train, sample. One file a task; `__main__` reads the arguments."""
