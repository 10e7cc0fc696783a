"""The types of all messages between the parent and a worker; any other message is an error.

A worker sends a hello, receives a job and answers with its runtime info. After that it sends the
answers of its pass in the order that the job implies, or executes commands, one answer per command.
A pass has a file, with its job, its commands and their answers; the file has the name of the pass.

Only the standard library is imported, so that a worker can read its job before measuring begins.
"""
