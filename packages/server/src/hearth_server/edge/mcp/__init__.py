"""The MCP edge (streamable HTTP): the registry's tools for agents, behind the same principal."""
