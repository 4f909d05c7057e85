"""Start the program: `python -m robots.practice.case_client --server http://127.0.0.1:8104`."""

from __future__ import annotations

import argparse
import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from robots.practice.case_client import hostility
from robots.practice.case_client.connection import Connection
from robots.practice.case_client.desk import Desk
from robots.practice.case_client.main_window import MainWindow

STYLE = """
QLineEdit[readOnlyLook="true"] { background: #ececec; color: #202020; }
QGroupBox { font-weight: bold; margin-top: 8px; }
QGroupBox::title { subcontrol-origin: margin; left: 8px; }
"""


def main() -> int:
    """Show the main window with the log-in before it; return the exit code."""
    parser = argparse.ArgumentParser(prog="case_client", description="Verksamhet – Ekonomiskt bistånd")
    parser.add_argument("--server", "--address", dest="server", required=True, help="address of the case system's server")
    server = parser.parse_args().server
    app = QApplication(sys.argv[:1])
    app.setApplicationName("Verksamhet")
    app.setStyle("Fusion")
    app.setStyleSheet(STYLE)
    hostility.begin(server, app)
    window = MainWindow(Desk(Connection(server)))
    window.show()
    QTimer.singleShot(0, window.log_in)
    return int(app.exec())


if __name__ == "__main__":
    sys.exit(main())
