"""Documents that come in: program files, and order exports by a mapping file.

Read and checked here, then handed to the engine as values.
"""
