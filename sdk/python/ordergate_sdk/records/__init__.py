"""The records of the contract, one module per interface. What may be absent may be left out."""
