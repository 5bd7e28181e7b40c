"""Keys of the Centre table.

    pk                        sk                      item
    user#<openid>             !centre                 preferences
                              !read                   how far the inbox is read
                              B#<appid>               a binding
                              C#<kind>                a channel
                              I#<ms>#<message id>     an inbox message, with its reminder
                              K#<ref>                 a personal key
                              R#<appid>#<hash>        where the message with the sender's own id is
                              X!, X#<message id>#…    the user's complaints: see case_items.py
    key#<ref>                 !key                    whose key it is: of a binding, or a personal one
    foreign#<appid>#<openid>  !binding                the confirmed binding of an app's own openid
    secret#<sha256>           !secret                 whose secret it is
    ticket#<appid>#<sha256>   !ticket                 a used ticket
    app#<appid>               !meta                   an app; its complaints, sanctions and record beside it
    bound#<appid>#<shard>     <openid>                who is bound to an app, in 16 shards
    broadcast#<campaign id>   !broadcast              what a broadcast says
    apps                      <appid>                 all apps

What comes before I# in a user's partition is bounded, and one Query reads it.
"""

import hashlib

PREFERENCES = "!centre"
BEFORE_INBOX = "I"
SHARDS = 16

type Key = dict[str, dict[str, str]]


def key(pk: str, sk: str) -> Key:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def user_pk(openid: str) -> str:
    return f"user#{openid}"


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


APPS = "apps"
META = "!meta"


def app_key(appid: str) -> Key:
    return key(f"app#{appid}", META)


def secret_key(secret: str) -> Key:
    return key(f"secret#{hashed(secret)}", "!secret")


def binding_key(openid: str, appid: str) -> Key:
    return key(user_pk(openid), f"B#{appid}")


def personal_key_key(openid: str, ref: str) -> Key:
    return key(user_pk(openid), f"K#{ref}")


def pointer_key(ref: str) -> Key:
    """Of a binding's key or a personal one."""
    return key(f"key#{ref}", "!key")


def foreign_key(appid: str, foreign_openid: str) -> Key:
    return key(f"foreign#{appid}#{foreign_openid}", "!binding")


def ticket_key(appid: str, id_: str) -> Key:
    return key(f"ticket#{appid}#{hashed(id_)}", "!ticket")


def bound_pk(appid: str, shard: int) -> str:
    return f"bound#{appid}#{shard:02}"


def bound_key(appid: str, openid: str) -> Key:
    return key(bound_pk(appid, int(hashed(openid)[:8], 16) % SHARDS), openid)
