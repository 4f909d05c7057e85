"""The situation as a small web page on this machine."""
