"""The spool: clicks are written to a file before they are answered, and loaded in batches.

``lines`` says how a click is written down, ``segments`` keeps the files, ``loading`` brings them
into the database. A process that is killed loses none of what it answered: what it wrote is the
system's, and the next process on the machine loads it. What a power cut takes is what the system
had not written yet, about a second's clicks.
"""
