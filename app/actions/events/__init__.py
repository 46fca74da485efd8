"""Events of contracts: found in imports, by the daily task and by what people do."""
