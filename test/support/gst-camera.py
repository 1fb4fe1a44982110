"""A camera of other people's making: gst-rtsp-server with moving test pictures and a tone, behind Digest.

Prints the port it listens at. Streams: /h264-pcma, /h265-aac, /h264-pcmu, /h264-opus; with the argument "udp" it refuses TCP (461).
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

Gst.init(None)

picture = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=15/1 !"
tone = "audiotestsrc is-live=true wave=ticks ! audio/x-raw,channels=1"
h264 = picture + " openh264enc gop-size=15 bitrate=300000 ! h264parse ! rtph264pay name=pay0 pt=96"
h265 = picture + " x265enc speed-preset=ultrafast tune=zerolatency key-int-max=15 bitrate=300 ! h265parse ! rtph265pay name=pay0 pt=96"
streams = {
    "/h264-pcma": f"( {h264} {tone},rate=8000 ! alawenc ! rtppcmapay name=pay1 pt=8 )",
    "/h264-pcmu": f"( {h264} {tone},rate=8000 ! mulawenc ! rtppcmupay name=pay1 pt=0 )",
    "/h265-aac": f"( {h265} {tone},rate=16000 ! voaacenc bitrate=32000 ! aacparse ! rtpmp4gpay name=pay1 pt=97 )",
    "/h264-opus": f"( {h264} {tone},rate=48000 ! opusenc ! rtpopuspay name=pay1 pt=98 )",
}

server = GstRtspServer.RTSPServer.new()
server.set_address("127.0.0.1")
server.set_service("0")

auth = GstRtspServer.RTSPAuth.new()
auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
token = GstRtspServer.RTSPToken.new()
token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "viewer")
auth.add_digest("admin", "canary-gst", token)
server.set_auth(auth)

mounts = server.get_mount_points()
for path, launch in streams.items():
    factory = GstRtspServer.RTSPMediaFactory.new()
    factory.set_launch(launch)
    factory.set_shared(True)
    if "udp" in sys.argv[1:]:
        factory.set_protocols(GstRtsp.RTSPLowerTrans.UDP)
    role = Gst.Structure.new_empty("viewer")
    for permission in ("media.factory.access", "media.factory.construct"):
        role.set_value(permission, True)
    permissions = GstRtspServer.RTSPPermissions.new()
    permissions.add_role_from_structure(role)
    factory.set_permissions(permissions)
    mounts.add_factory(path, factory)

server.attach(None)
print(server.get_bound_port(), flush=True)


def ended(channel, condition):
    """Whoever started us is gone."""
    sys.exit(0)


GLib.io_add_watch(GLib.IOChannel.unix_new(0), GLib.PRIORITY_DEFAULT, GLib.IOCondition.HUP, ended)
GLib.MainLoop().run()
