"""The customer's page: what it says of an order, who may find it, and what customers report there."""
