"""Invented data, one generator per use case, the same for the same seed.

Examples
--------
>>> from coterie.synthetic import generate_support
>>> list(generate_support(3, seed=1).columns)
['id', 'text', 'category', 'intent', 'created_at', 'channel', 'response']
"""

from coterie.synthetic.adopters.data import generate_adopters, iter_adopters
from coterie.synthetic.attendees.data import AttendeeData, generate_attendees, iter_attendees
from coterie.synthetic.clients.data import ClientData, generate_clients, iter_clients
from coterie.synthetic.files import Generated
from coterie.synthetic.generators import GENERATORS, Generator, generate
from coterie.synthetic.sales.data import SalesData, generate_sales, iter_sales
from coterie.synthetic.support.data import generate_support, iter_support

__all__ = [
    "GENERATORS",
    "AttendeeData",
    "ClientData",
    "Generated",
    "Generator",
    "SalesData",
    "generate",
    "generate_adopters",
    "generate_attendees",
    "generate_clients",
    "generate_sales",
    "generate_support",
    "iter_adopters",
    "iter_attendees",
    "iter_clients",
    "iter_sales",
    "iter_support",
]
