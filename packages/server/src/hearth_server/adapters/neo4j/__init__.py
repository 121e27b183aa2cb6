"""Graphs in Neo4j."""
