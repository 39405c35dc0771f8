"""What a session no longer needs is given up at once: an upload's bytes, a table once it is in use, freed pages.

Streamlit keeps each file that was uploaded until its session ends, read or not, on screen or not.
"""

from __future__ import annotations

import ctypes
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile


def taken(upload: UploadedFile) -> bytes:
    """Return the bytes of an upload, which Streamlit then keeps no longer; its widget still shows the file's name."""
    content = upload.getvalue()
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, upload.file_id)
    upload.seek(0)
    upload.truncate()   # the session's copy of the widget's value would hold them until the next run
    return content


def forget_callbacks() -> None:
    """Let go of what widgets were told to do: their callbacks would hold the data that were in use before.

    Streamlit keeps the callbacks of widgets that are drawn no more, with their arguments, until the session ends.
    Those that are drawn again bring theirs.
    """
    context = get_script_run_ctx()
    if context is None:
        return
    known = context.session_state._state._new_widget_state.widget_metadata
    for name, widget in known.items():
        known[name] = replace(widget, callback=None, callbacks=None, callback_args=None, callback_kwargs=None)


def give_back() -> None:
    """Give freed memory back to the system: Arrow's, and glibc's where that is the library of C; takes 1 to 4 ms."""
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)
