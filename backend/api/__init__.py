"""The edge: HTTP and WebSocket routes. Each route names its access rule (`access`); nothing is decided here.

main  the application     services  what the process holds open     access  who may call     edge  headers, ids, bounds
problem_documents  every failure as RFC 9457     bodies  JSON bodies, bounded     routers/  one file a resource
"""
