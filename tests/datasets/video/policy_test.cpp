// What is opened is what was named: files that point at other files are refused, and nothing else is
// opened. Each points at a real video beside it, which must not be what comes out.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "datasets/video/source_policy.h"
#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"

namespace actionflow {
namespace {

using testing::error_of;
using testing::TemporaryFolder;
using testing::write_test_video;

class SourcePolicy : public ::testing::Test {
 protected:
  SourcePolicy() { write_test_video(folder_ / "real.ts", {.frames = 5}); }

  std::string error_with(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return error_of(folder_ / name);
  }

  TemporaryFolder folder_;
};

TEST_F(SourcePolicy, RefusesListsUnderEverySuffix) {
  const std::string real = (folder_ / "real.ts").string();
  const std::vector<std::pair<std::string, std::string>> lists = {
      {"HLS",
       "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + real + "\n#EXT-X-ENDLIST\n"},
      {"HLS master", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nreal.ts\n"},
      {"HLS of bytes",
       "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsubfile,,start,0,end,0,,:" + real + "\n"},
      {"concat", "ffconcat version 1.0\nfile real.ts\n"},
      {"DASH",
       "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" "
       "profiles=\"urn:mpeg:dash:profile:isoff-live:2011\"><Period><AdaptationSet><Representation "
       "id=\"1\"><BaseURL>real.ts</BaseURL></Representation></AdaptationSet></Period></MPD>\n"},
      {"SDP",
       "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
       "a=rtpmap:96 H264/90000\n"},
      {"M3U", real + "\n"},
      {"ASX", "<asx version=\"3.0\"><entry><ref href=\"" + real + "\"/></entry></asx>\n"},
      {"RTSPtext", "[Reference]\nRef1=rtsp://127.0.0.1/x\n"},
      {"XSPF", "<?xml version=\"1.0\"?><playlist><trackList><track><location>" + real +
                   "</location></track></trackList></playlist>\n"},
  };
  for (const auto& [kind, text] : lists) {
    for (const char* suffix : {".mp4", ".m3u8", ".mpd", ".ffconcat", ".sdp", ".ts", ".txt", ""}) {
      const std::string message = error_with(std::string("list") + suffix, text);
      EXPECT_NE(message, "") << kind << " in a file " << suffix;
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
  }
}

TEST_F(SourcePolicy, SaysThatAListIsNotFollowed) {
  EXPECT_NE(error_with("a.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nreal.ts\n")
                .find("points at other files"),
            std::string::npos);
  EXPECT_NE(error_with("b.mp4", "ffconcat version 1.0\nfile real.ts\n").find("points at other files"),
            std::string::npos);
}

TEST_F(SourcePolicy, RefusesProtocolsThatAreNotNamedOpenly) {
  const std::string real = (folder_ / "real.ts").string();
  for (const std::string& name : std::vector<std::string>{"concat:" + real + "|" + real,
                                                          "subfile,,start,0,end,0,,:" + real,
                                                          "file:" + real,
                                                          "file://" + real,
                                                          "data:video/mp2t;base64,AAAA",
                                                          "crypto:" + real,
                                                          "cache:" + real,
                                                          "async:" + real,
                                                          "pipe:0",
                                                          "fd:0",
                                                          "hls+file://" + real,
                                                          "tcp://127.0.0.1:1",
                                                          "rtp://127.0.0.1:1",
                                                          "gopher://127.0.0.1",
                                                          "ftp://127.0.0.1/x",
                                                          "smb://127.0.0.1/x",
                                                          "tee:" + real,
                                                          "lavfi:testsrc",
                                                          "testsrc",
                                                          "mmsh://127.0.0.1/x",
                                                          folder_.path().string() + "/%d.ts",
                                                          folder_.path().string() + "/*.ts"}) {
    EXPECT_NE(error_of(std::filesystem::path(name)), "") << name;
  }
}

TEST_F(SourcePolicy, DoesNotFollowAQuickTimeReference) {
  // A reference movie is a moov with an rmra atom that names another file.
  const std::string target = (folder_ / "real.ts").string();
  const auto atom = [](const std::string& type, const std::string& body) {
    const auto size = static_cast<std::uint32_t>(body.size() + 8);
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift & 0xff);
    return bytes + type + body;
  };
  const std::string reference = atom("rdrf", std::string(4, '\0') + "url " + std::string(3, '\0') +
                                                 static_cast<char>(target.size()) + target);
  EXPECT_NE(error_with("ref.mov", atom("ftyp", "qt  " + std::string(4, '\0')) +
                                      atom("moov", atom("rmra", atom("rmda", reference)))),
            "");
}

TEST(SourceKind, FollowsTheNameAlone) {
  EXPECT_EQ(source_kind_by_name("-"), SourceKind::standard_input);
  EXPECT_EQ(source_kind_by_name("/dev/video0"), SourceKind::device);
  EXPECT_EQ(source_kind_by_name("rtsp://camera/1"), SourceKind::rtsp);
  EXPECT_EQ(source_kind_by_name("RTSPS://camera/1"), SourceKind::rtsp);
  EXPECT_EQ(source_kind_by_name("https://host/a.mp4"), SourceKind::http);
  EXPECT_EQ(source_kind_by_name("rtsp:camera"), SourceKind::file);
  EXPECT_EQ(source_kind_by_name("a:b.mp4"), SourceKind::file);
}

TEST(SourceKind, SaysWhatIsLive) {
  const auto live = [](const char* source, bool realtime = false) {
    SourceOptions options;
    options.source = source;
    options.realtime = realtime;
    return is_live(options);
  };
  EXPECT_TRUE(live("rtsp://camera/1"));
  EXPECT_TRUE(live("http://camera/1"));
  EXPECT_FALSE(live("https://host/films/a.MP4?X-Amz-Date=1"));
  EXPECT_TRUE(live("/dev/video0"));
  EXPECT_TRUE(live("a.mp4", true));
  EXPECT_FALSE(live("a.mp4"));
  EXPECT_FALSE(live("-"));
  SourceOptions told;
  told.source = "https://host/films/a.mp4";
  told.live = true;
  EXPECT_TRUE(is_live(told));
  told.source = "https://host/view?id=7";
  told.live = false;
  EXPECT_FALSE(is_live(told));
}

}  // namespace
}  // namespace actionflow
