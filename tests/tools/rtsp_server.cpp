// A real RTSP server for tests: rtsp_server PORT serves rtsp://127.0.0.1:PORT/one and /two, moving
// test pictures of 160×120 at 25 frames a second in H.264, each to any number of clients, over TCP or UDP,
// and /main, the same as /one at 320×240; further /1 to /8, of different sizes, codecs and rates; /sound has
// no pictures. What is sent to /sent (RECORD) goes into FILE, as H.264. /recorded plays RECORDED, an mp4 of
// H.264, and says how long it is. Prints "ready" when it listens. Runs until killed.
#include <gst/gst.h>
#include <gst/rtsp-server/rtsp-server.h>

#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string>

namespace {

// An encoder, and what puts its pictures into RTP.
constexpr const char* kH264 = "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 ! rtph264pay";

struct Form {
  int width = 160, height = 120;
  const char* rate = "25/1";
  const char* coded = kH264;
};

constexpr Form kForms[] = {
    {160, 120, "25/1", kH264},
    {320, 240, "15/1", "x264enc bframes=2 speed-preset=ultrafast key-int-max=15 ! rtph264pay"},
    {640, 360, "30000/1001", kH264},
    {176, 144, "10/1", "jpegenc ! rtpjpegpay"},
    {352, 288, "25/2", "theoraenc keyframe-force=12 ! rtptheorapay config-interval=1"},
    {208, 160, "20/1", "vp8enc deadline=1 keyframe-max-dist=20 ! rtpvp8pay"},
    {128, 96, "5/1", kH264},
    {240, 176, "60/1", kH264},
};

void add_stream(GstRTSPMountPoints* mounts, const char* path, const char* pattern, const Form& form) {
  char pipeline[512];
  std::snprintf(
      pipeline, sizeof pipeline,
      "( videotestsrc is-live=true pattern=%s ! video/x-raw,format=I420,width=%d,height=%d,framerate=%s ! "
      "%s name=pay0 pt=96 )",
      pattern, form.width, form.height, form.rate, form.coded);
  GstRTSPMediaFactory* factory = gst_rtsp_media_factory_new();
  gst_rtsp_media_factory_set_launch(factory, pipeline);
  gst_rtsp_media_factory_set_shared(factory, TRUE);
  gst_rtsp_mount_points_add_factory(mounts, path, factory);
}

void add_sound(GstRTSPMountPoints* mounts, const char* path) {
  GstRTSPMediaFactory* factory = gst_rtsp_media_factory_new();
  gst_rtsp_media_factory_set_launch(
      factory,
      "( audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! "
      "rtppcmupay name=pay0 pt=0 )");
  gst_rtsp_mount_points_add_factory(mounts, path, factory);
}

void add_receiver(GstRTSPMountPoints* mounts, const char* path, const char* file) {
  char pipeline[1024];
  std::snprintf(pipeline, sizeof pipeline,
                "( rtph264depay name=depay0 ! video/x-h264,stream-format=byte-stream,alignment=au ! "
                "filesink location=%s async=false buffer-mode=unbuffered )",
                file);
  GstRTSPMediaFactory* factory = gst_rtsp_media_factory_new();
  gst_rtsp_media_factory_set_transport_mode(factory, GST_RTSP_TRANSPORT_MODE_RECORD);
  gst_rtsp_media_factory_set_launch(factory, pipeline);
  gst_rtsp_mount_points_add_factory(mounts, path, factory);
}

void add_recording(GstRTSPMountPoints* mounts, const char* path, const char* file) {
  char pipeline[1024];
  std::snprintf(pipeline, sizeof pipeline, "( filesrc location=%s ! qtdemux ! rtph264pay name=pay0 pt=96 )",
                file);
  GstRTSPMediaFactory* factory = gst_rtsp_media_factory_new();
  gst_rtsp_media_factory_set_launch(factory, pipeline);
  gst_rtsp_mount_points_add_factory(mounts, path, factory);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 5) {
    std::fprintf(stderr, "usage: rtsp_server PORT [FILE [WIDTH [RECORDED]]]\n");
    return 2;
  }
  gst_init(nullptr, nullptr);
  GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
  GstRTSPServer* server = gst_rtsp_server_new();
  gst_rtsp_server_set_address(server, "127.0.0.1");
  gst_rtsp_server_set_service(server, argv[1]);
  GstRTSPMountPoints* mounts = gst_rtsp_server_get_mount_points(server);
  const int width = argc > 3 ? std::atoi(argv[3]) : 160;
  add_stream(mounts, "/one", "ball", Form{width, 120});
  add_stream(mounts, "/two", "pinwheel", Form{width, 120});
  add_stream(mounts, "/main", "ball", Form{320, 240});
  for (std::size_t i = 0; i < std::size(kForms); ++i)
    add_stream(mounts, ("/" + std::to_string(i + 1)).c_str(), "ball", kForms[i]);
  add_sound(mounts, "/sound");
  if (argc > 2 && *argv[2] != 0) add_receiver(mounts, "/sent", argv[2]);
  if (argc > 4) add_recording(mounts, "/recorded", argv[4]);
  g_object_unref(mounts);
  if (gst_rtsp_server_attach(server, nullptr) == 0) {
    std::fprintf(stderr, "rtsp_server: cannot listen on port %s\n", argv[1]);
    return 1;
  }
  std::printf("ready\n");
  std::fflush(stdout);
  g_main_loop_run(loop);
}
