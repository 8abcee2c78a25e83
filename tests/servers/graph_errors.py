"""What Graph says when it refuses. Texts not marked as captured in the reference are worded here; only codes count."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

JsonObject = dict[str, Any]
POLICY = "https://developers.facebook.com/docs/messenger-platform/policy-overview"
GRAPH_DOCS = "https://developers.facebook.com/docs/graph-api"


@dataclass(frozen=True)
class GraphError:
    code: int
    message: str
    subcode: int | None = None
    kind: str = "OAuthException"
    transient: bool | None = None
    status: int = 400
    user_title: str | None = None
    user_message: str | None = None

    def body(self, trace: str) -> JsonObject:
        optional = {
            "error_subcode": self.subcode,
            "is_transient": self.transient,
            "error_user_title": self.user_title,
            "error_user_msg": self.user_message,
        }
        known = {name: value for name, value in optional.items() if value is not None}
        return {"error": {"message": self.message, "type": self.kind, "code": self.code, **known, "fbtrace_id": trace}}

    def saying(self, message: str) -> GraphError:
        """The same error in other words, as Graph translates them."""
        return replace(self, message=message)


class RefusedError(Exception):
    def __init__(self, error: GraphError) -> None:
        super().__init__(error.message)
        self.error = error


def invalid(message: str, code: int = 100) -> RefusedError:
    return RefusedError(GraphError(code, f"(#{code}) {message}"))


def missing_object(name: str, verb: str) -> GraphError:
    return GraphError(
        100,
        f"Unsupported {verb.lower()} request. Object with ID '{name}' does not exist, cannot be loaded due to missing "
        f"permissions, or does not support this operation. Please read the Graph API documentation at {GRAPH_DOCS}",
        33,
        "GraphMethodException",
    )


INVALID_TOKEN = GraphError(190, "Invalid OAuth access token - Cannot parse access token")
APP_REMOVED = GraphError(190, "Error validating access token: The user has not authorized application.", 458)
PASSWORD_CHANGED = GraphError(
    190,
    "Error validating access token: The session has been invalidated because the user changed their password or "
    "Facebook has changed the session for security reasons.",
    460,
)
TOKEN_EXPIRED = GraphError(
    190,
    "Error validating access token: Session has expired on Friday, 20-Nov-26 18:00:00 PST. The current time is "
    "Monday, 23-Nov-26 02:00:00 PST.",
    463,
)
NO_PROOF = GraphError(
    100, "API calls from the server require an appsecret_proof argument", None, "GraphMethodException"
)
WRONG_PROOF = GraphError(100, "Invalid appsecret_proof provided in the API argument", None, "GraphMethodException")

UNKNOWN = GraphError(1, "An unknown error occurred", status=500)
TEMPORARY = GraphError(
    2, "An unexpected error has occurred. Please retry your request later.", transient=True, status=500
)
MAYBE_DELIVERED = GraphError(1, "(#1) Please try replying again.", 1357046)
SEND_FAILED = GraphError(1200, "(#1200) Temporary send message failure. Please try again later.")
APP_LIMIT = GraphError(4, "(#4) Application request limit reached", transient=True)
USER_LIMIT = GraphError(17, "(#17) User request limit reached", transient=True)
PAGE_LIMIT = GraphError(32, "(#32) Page request limit reached", transient=True)
CALL_LIMIT = GraphError(613, "(#613) Calls to this api have exceeded the rate limit.")
THREAD_LIMIT = GraphError(613, "(#613) Calls to this api have exceeded the rate limit.", 2534040)
TAG_LIMIT = GraphError(613, "(#613) Calls to this api have exceeded the rate limit.", 2018338)
PAGES_LIMIT = GraphError(80001, "(#80001) There have been too many calls to this Page account.")
MESSENGER_LIMIT = GraphError(80006, "(#80006) There have been too many calls to this Messenger account.")
OUTSIDE_WINDOW = GraphError(
    10,
    "(#10) This message is sent outside of allowed window. Learn more about the new policy here: " + POLICY,
    2018278,
)
OUTSIDE_WINDOW_OLD = replace(OUTSIDE_WINDOW, subcode=2018065)
OUTSIDE_WINDOW_INSTAGRAM = replace(OUTSIDE_WINDOW, subcode=2534022)
CANNOT_RECEIVE = GraphError(10, "(#10) This person cannot receive messages right now.", 2018108)
PAGE_RESTRICTED = GraphError(10, "(#10) This Page is temporarily restricted from sending messages.", 1893063)
NOT_PERMITTED = GraphError(10, "(#10) Application does not have permission for this action")
NEEDS_PERMISSION = GraphError(230, "(#230) Requires pages_messaging permission to manage the object", status=403)
NO_ROLE = GraphError(
    200,
    "(#200) Cannot message users who are not admins, developers or testers of the app until pages_messaging "
    "permission is reviewed and the app is live.",
    2018028,
)
RETIRED_TAG = GraphError(100, "Invalid parameter", 1893061)
NO_SUCH_PERSON = GraphError(100, "(#100) No matching user found", 2018001)
URL_NOT_FETCHED = GraphError(100, "(#100) Failed to fetch the file from the url", 2018008)
UPLOAD_FAILED = GraphError(100, "(#100) Upload attachment failure.", 2018047)
BAD_ATTACHMENT_ID = GraphError(100, "(#100) Invalid attachment ID", 2018074)
ATTACHMENT_TOO_BIG = GraphError(100, "(#100) Attachment size exceeds allowable limit", 2018109)
VIDEO_TIMED_OUT = GraphError(100, "(#100) Video upload timed out", 2018294)
MESSAGE_AND_STATE = GraphError(100, "(#100) Cannot send both message and state at the same time", 2018014)
COMMENT_NOT_VALID = GraphError(100, "(#100) Invalid comment for a private reply", 2534025)
NOT_THREAD_OWNER = GraphError(100, "(#100) The app is not the owner of this thread", 2534037)
THREAD_TAKEN = GraphError(
    10, "(#10) Message failed to send because another app is controlling this thread now.", 2018300
)
FLOW_RUNS = GraphError(10, "(#10) Message failed to send because an automated flow is running.", 2018321)
BLOCKED = GraphError(551, "(#551) This person isn't available right now.", 1545041)
UNAVAILABLE_OLD = GraphError(200, "(#200) This person isn't available right now.", 1545041)
ABUSIVE = GraphError(368, "The action attempted has been deemed abusive or is otherwise disallowed")
NO_PROFILE = GraphError(100, "(#100) No profile available for this user.", 2018218)
PROFILE_NOT_PERMITTED = GraphError(100, "(#100) Insufficient permission to access user profile.", 2018247)
MESSAGE_DELETED = GraphError(9000001, "(#9000001) This message has been deleted.")
ALREADY_REPLIED = GraphError(10900, "(#10900) Activity already replied to")
CANNOT_REPLY = GraphError(10903, "(#10903) This user can't reply to this activity")
