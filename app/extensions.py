"""Extensions, created here and bound to an application by ``create_app``."""

from __future__ import annotations

from flask_compress import Compress
from flask_login import LoginManager
from flask_mail import Mail
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

from app.models import Base
from config import ROOT

# The tables inherit our own Base; the extension brings only engine and session per request.
db = SQLAlchemy(metadata=Base.metadata)
# Commands are run from any folder.
migrate = Migrate(directory=str(ROOT / "migrations"))
login_manager = LoginManager()
csrf = CSRFProtect()
compress = Compress()
mail = Mail()
