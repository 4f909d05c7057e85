"""Serves a Roundup tracker through its WSGI interface, as its own server refuses to run as root. Run by the Python that Roundup is installed in."""

from __future__ import annotations

import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

from roundup.cgi.wsgi_handler import RequestDispatcher  # type: ignore[import-not-found] # in another environment


class Server(ThreadingMixIn, WSGIServer):
    """A thread for each request, as a browser asks for several things at once."""

    daemon_threads = True


make_server("localhost", int(sys.argv[2]), RequestDispatcher(sys.argv[1]), Server).serve_forever()
