"""Your own cases, scenes and questions for a room: tables on this machine, and forms that edit them."""
