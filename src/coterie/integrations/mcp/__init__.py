"""The Model Context Protocol: segments, search and models as tools of an assistant.

It needs ``coterie[mcp]``. ``coterie mcp FOLDER`` starts it.
"""

from coterie.extras import require

require("mcp", extra="mcp", purpose="coterie mcp")
require("fastapi", extra="mcp", purpose="coterie mcp")

from coterie.integrations.mcp.running import run_server  # noqa: E402
from coterie.integrations.mcp.server import make_server  # noqa: E402

__all__ = ["make_server", "run_server"]
