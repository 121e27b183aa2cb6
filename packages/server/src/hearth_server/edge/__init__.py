"""Where the outside comes in: HTTP, MCP and pages. Parses, identifies, and maps errors."""
