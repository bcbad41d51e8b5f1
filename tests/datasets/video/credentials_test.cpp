#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "base/log/log.h"
#include "datasets/video/ffmpeg.h"
#include "datasets/video/ffmpeg_log.h"
#include "datasets/video/opening/host_lookup.h"
#include "tests/datasets/video/read_video.h"

namespace actionflow {
namespace {

TEST(Credentials, LeaveAnAddressWithoutThemAsItIs) {
  for (const char* address :
       {"rtsp://camera/1", "rtsp://10.0.0.5:554/Streaming/Channels/101",
        "http://[::1]:8080/a.mp4?channel=1&stream=0", "videos/a.mp4", "-", "/dev/video0", "videos/a@2x.mp4",
        "http://host/a@2x.mp4", "C:\\videos\\a.mp4"}) {
    EXPECT_EQ(without_credentials(address), address);
  }
}

TEST(Credentials, AreMaskedInAnAddress) {
  EXPECT_EQ(without_credentials("rtsp://admin:secret@camera:554/1"), "rtsp://***@camera:554/1");
  EXPECT_EQ(without_credentials("rtsp://admin@camera/1"), "rtsp://***@camera/1");
  EXPECT_EQ(without_credentials("http://host/v.mp4?token=secret&t=5"), "http://host/v.mp4?token=***&t=5");
  EXPECT_EQ(without_credentials("cannot open rtsp://a:secret@one/1 nor rtsp://b:secret@two/2"),
            "cannot open rtsp://***@one/1 nor rtsp://***@two/2");
  EXPECT_EQ(without_credentials("to rtmp://host/live/door-key: refused"), "to rtmp://host/live/***: refused");
  EXPECT_EQ(without_credentials("rtmp://host:1935/live"), "rtmp://host:1935/live");
  EXPECT_EQ(without_credentials("srt://host:9000?streamid=publish/x&latency=20"),
            "srt://host:9000?streamid=***&latency=20");
}

// Every form of address times every place where a secret stands in it: 500 and more.
std::vector<std::string> addresses_with(const std::string& secret) {
  std::vector<std::string> addresses;
  for (const char* scheme : {"rtsp://", "rtsps://", "http://", "https://", "RTSP://", "ftp://", "rtmp://",
                             "srt://", "rtsp:/", "rtsp:", ""}) {
    for (const char* host :
         {"camera", "10.0.0.5", "10.0.0.5:8554", "[fe80::1]", "[::1]:554", "a.b.example"}) {
      const std::string at = std::string(host) + "/live/1?channel=2";
      for (const char* user : {"admin:", "ad%40min:", "a.b@example.org:", ":", "user:x:"})
        addresses.push_back(std::string(scheme) + user + secret + "@" + at);
      for (const char* key : {"password", "token", "access_token", "pwd", "auth", "api_key",
                              "X-Amz-Signature", "user=admin_password", "PASS"})
        addresses.push_back(std::string(scheme) + std::string(host) + "/live/1?" + key + "=" + secret +
                            "&channel=2");
    }
  }
  return addresses;
}

TEST(Credentials, AreShownInNoFormOfAddress) {
  int count = 0;
  for (const char* secret : {"hunter2", "hunter2/with/slashes", "hunter2?mark", "hunter2#hash", "hunter2@at",
                             "hunter2:colon", "%68unter2hunter2", "hunter2\xc3\xbc"}) {
    for (const std::string& address : addresses_with(secret)) {
      const std::string shown = without_credentials(address);
      EXPECT_EQ(shown.find("hunter2"), std::string::npos) << shown;
      ++count;
    }
  }
  EXPECT_GT(count, 500);
}

TEST(Credentials, AreNotShownWhenASourceCannotBeOpened) {
  for (const char* address :
       {"rtsp://admin:hunter2@127.0.0.1:1/x", "http://admin:hunter2@127.0.0.1:1/x?token=hunter2",
        "rtspx://admin:hunter2@127.0.0.1/x", "admin:hunter2@127.0.0.1/x",
        "https://admin:hunter2@127.0.0.1:1/x", "/nowhere/password=hunter2/a.mp4"}) {
    const std::string message = testing::error_of(std::filesystem::path(address));
    EXPECT_NE(message, "") << address;
    EXPECT_EQ(message.find("hunter2"), std::string::npos) << message;
  }
}

// The program's log at a level, written into memory.
class CapturedLog {
 public:
  explicit CapturedLog(log::Level level) {
    log::set_level(level);
    log::set_sink([this](log::Level, std::string_view line) { (text_ += line) += '\n'; });
  }
  ~CapturedLog() {
    log::set_sink({});
    log::set_level(log::Level::info);
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

TEST(Credentials, AreNotShownInFfmpegsOwnLogLines) {
  const CapturedLog log(log::Level::debug);
  for (const std::string& address : addresses_with("hunter2"))
    if (address.find("://") != std::string::npos)
      av_log(nullptr, AV_LOG_ERROR, "Failed to open %s: no\n", address.c_str());
  av_log(nullptr, AV_LOG_INFO, "Authorization: Basic hunter2=\n");
  av_log(nullptr, AV_LOG_WARNING, "Set-Cookie: session hunter2\n");
  EXPECT_NE(log.text().find("Failed to open"), std::string::npos);
  EXPECT_EQ(log.text().find("hunter2"), std::string::npos);
}

TEST(FfmpegLog, GoesToDebugOnly) {
  const CapturedLog log(log::Level::info);
  av_log(nullptr, AV_LOG_ERROR, "something is wrong\n");
  EXPECT_EQ(log.text(), "");
}

TEST(HostOf, FindsTheHostInEveryForm) {
  EXPECT_EQ(host_of("rtsp://camera/1"), "camera");
  EXPECT_EQ(host_of("rtsp://user:password@camera:554/1"), "camera");
  EXPECT_EQ(host_of("http://[::1]:8080/x"), "::1");
  EXPECT_EQ(host_of("https://u:p@[fe80::1]/x"), "fe80::1");
  EXPECT_EQ(host_of("http://host?x=@y"), "host");
  EXPECT_EQ(host_of("rtsp:///x"), "");
}

}  // namespace
}  // namespace actionflow
