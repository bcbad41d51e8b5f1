// Network sources against small real servers on loopback: what plays, what is refused, and that
// silence at every stage is noticed within 10.5 s, a name server's included, on a clock that the tests move.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <future>
#include <iterator>
#include <semaphore>
#include <string>
#include <vector>

#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"
#include "tests/datasets/video/small_server.h"
#include "tests/tools/moved_clock.h"
#include "tests/tools/ticking_clock.h"
#include "tests/tools/wait_for.h"

namespace {
constexpr const char* kNameThatHangs = "hanging-name-server.invalid";
std::counting_semaphore<> asked_names{0};
std::counting_semaphore<> answered_names{0};
}  // namespace

// Stands before the C library's in this program, for FFmpeg too: a name server that does not answer.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  if (node && std::strcmp(node, kNameThatHangs) == 0) {
    asked_names.release();
    answered_names.acquire();
    return EAI_AGAIN;
  }
  static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(node, service, hints, result);
}

namespace actionflow {
namespace {

using testing::Connection;
using testing::Decoded;
using testing::error_of;
using testing::MovedClock;
using testing::read_all;
using testing::SmallServer;
using testing::TemporaryFolder;
using testing::TickingClock;
using testing::wait_for;
using testing::write_test_video;

SourceOptions source(const std::string& address) {
  SourceOptions options;
  options.source = address;
  return options;
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string response(const std::string& body, const std::string& type = "application/octet-stream") {
  return "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

constexpr const char* kEndlessHead =
    "HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\nConnection: close\r\n\r\n";

TEST(Live, AVideoFileBehindHttpPlaysToItsEnd) {
  for (const char* name : {"a.mkv", "a.ts"}) {
    SCOPED_TRACE(name);
    const TemporaryFolder folder;
    write_test_video(folder / name, {.frames = 20});
    const SmallServer server([&](const Connection& connection) {
      connection.read_head();
      connection.send(response(bytes_of(folder / name)));
    });
    const Decoded decoded = read_all(source(server.address("http", std::string("/") + name)));
    EXPECT_EQ(decoded.frames.size(), 20u);
    EXPECT_FALSE(decoded.info.live);
  }
}

TEST(Live, AnEndlessStreamThatEndsIsLost) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.ts", {.frames = 20});
  const SmallServer server([&](const Connection& connection) {
    connection.read_head();
    connection.send(kEndlessHead + bytes_of(folder / "a.ts"));
  });
  EXPECT_NE(error_of(source(server.address("http", "/a.ts"))).find("connection was lost"), std::string::npos);
}

TEST(Live, APlaylistPlaysOnlyWhenAllowed) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.ts", {.frames = 20});
  const SmallServer server([&](const Connection& connection) {
    const std::string head = connection.read_head();
    const bool list = head.find("GET /list.m3u8") != std::string::npos;
    connection.send(list ? response("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.8,\na.ts\n"
                                    "#EXT-X-ENDLIST\n",
                                    "application/vnd.apple.mpegurl")
                         : response(bytes_of(folder / "a.ts"), "video/mp2t"));
  });
  SourceOptions options = source(server.address("http", "/list.m3u8"));
  EXPECT_NE(error_of(options).find("allow_manifests"), std::string::npos);
  options.allow_manifests = true;
  EXPECT_EQ(read_all(options).frames.size(), 20u);
}

TEST(Live, AnAllowedPlaylistDoesNotReachFiles) {
  const TemporaryFolder folder;
  write_test_video(folder / "secret.ts", {.frames = 20});
  const std::string path = (folder / "secret.ts").string();
  const SmallServer server([&](const Connection& connection) {
    connection.read_head();
    connection.send(
        response("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.8,\nfile://" + path + "\n#EXT-X-ENDLIST\n",
                 "application/vnd.apple.mpegurl"));
  });
  SourceOptions options = source(server.address("http", "/list.m3u8"));
  options.allow_manifests = true;
  EXPECT_NE(error_of(options), "");
}

TEST(Live, ARedirectDoesNotReachFiles) {
  const TemporaryFolder folder;
  write_test_video(folder / "secret.ts", {.frames = 20});
  const SmallServer server([&](const Connection& connection) {
    connection.read_head();
    connection.send("HTTP/1.1 302 Found\r\nLocation: file://" + (folder / "secret.ts").string() +
                    "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  EXPECT_NE(error_of(source(server.address("http", "/a.ts"))), "");
}

TEST(Live, WhatIsWrongIsNamed) {
  const SmallServer refusing([](const Connection& connection) {
    connection.read_head();
    connection.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  EXPECT_NE(error_of(source(refusing.address("http", "/a"))).find("name and password"), std::string::npos);
  EXPECT_NE(error_of(source("http://127.0.0.1:1/a")).find("connection refused"), std::string::npos);
  EXPECT_NE(error_of(source("rtsp://127.0.0.1:1/a")).find("connection refused"), std::string::npos);
  EXPECT_NE(error_of(source("rtsp:///a")).find("no host"), std::string::npos);
}

// A server that answers RTSP's first requests and then falls silent: instead of an answer to the given one,
// or after its answer to PLAY. `silent` is released then.
void serve_rtsp_until(const Connection& connection, const std::string& silent_at,
                      std::counting_semaphore<>& silent) {
  for (std::string head = connection.read_head(); !head.empty(); head = connection.read_head()) {
    const std::string method = head.substr(0, head.find(' '));
    if (method == silent_at) break;
    const std::size_t at = head.find("CSeq: ");
    const std::string sequence = head.substr(at, head.find("\r\n", at) - at);
    const std::string body = method == "DESCRIBE"
                                 ? "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 0.0.0.0\r\n"
                                   "t=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
                                   "a=control:track1\r\n"
                                 : "";
    connection.send("RTSP/1.0 200 OK\r\n" + sequence + "\r\nSession: 1\r\n" +
                    (method == "OPTIONS" ? "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n" : "") +
                    (method == "SETUP" ? "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n" : "") +
                    (body.empty() ? "" : "Content-Type: application/sdp\r\n") +
                    "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    if (method == "PLAY") break;
  }
  silent.release();
  connection.stay_silent();
}

TEST(Live, SilenceAtEveryStageIsNoticedWithinTenAndAHalfSeconds) {
  std::counting_semaphore<> silent{0};
  const auto be_silent = [&](const Connection& connection) {
    silent.release();
    connection.stay_silent();
  };
  const SmallServer at_once(be_silent);
  const SmallServer after_head([&](const Connection& connection) {
    connection.read_head();
    connection.send(kEndlessHead);
    be_silent(connection);
  });
  const auto rtsp = [&](const std::string& silent_at) {
    return [&, silent_at](const Connection& connection) { serve_rtsp_until(connection, silent_at, silent); };
  };
  const SmallServer at_describe(rtsp("DESCRIBE")), at_setup(rtsp("SETUP")), at_play(rtsp("PLAY"));
  const SmallServer after_play(rtsp("never"));
  const std::vector<std::string> addresses = {
      at_once.address("http", "/a.ts"),
      at_once.address("https", "/a.ts"),
      after_head.address("http", "/a.ts"),
      at_once.address("rtsp", "/a"),
      at_once.address("rtsps", "/a"),
      at_describe.address("rtsp", "/a"),
      at_setup.address("rtsp", "/a"),
      at_play.address("rtsp", "/a"),
      after_play.address("rtsp", "/a"),
      std::string("rtsp://") + kNameThatHangs + "/a",
      std::string("http://") + kNameThatHangs + "/a",
  };
  constexpr int kNames = 2;
  static MovedClock clock;  // openings that are left behind may look at it
  std::vector<std::future<std::string>> ends;
  for (const std::string& address : addresses)
    ends.push_back(std::async(std::launch::async, [&, address] { return error_of(source(address), clock); }));
  for (std::size_t i = kNames; i < addresses.size(); ++i) silent.acquire();
  for (int i = 0; i < kNames; ++i) asked_names.acquire();

  clock.pass(9.9);
  for (std::size_t i = 0; i < addresses.size(); ++i)
    EXPECT_EQ(ends[i].wait_for(std::chrono::seconds(0)), std::future_status::timeout) << addresses[i];
  clock.pass(0.5);
  for (std::size_t i = 0; i < addresses.size(); ++i) EXPECT_NE(ends[i].get(), "") << addresses[i];
  answered_names.release(kNames);
}

TEST(Live, AStreamThatFallsSilentIsLostWithinTenAndAHalfSeconds) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.ts", {.frames = 200});
  const SmallServer server([&](const Connection& connection) {
    connection.read_head();
    connection.send(kEndlessHead + bytes_of(folder / "a.ts"));
    connection.stay_silent();
  });
  const StopFlag stop{false};
  const TickingClock clock(0.1);
  const std::unique_ptr<Reader> reader = Reader::open(source(server.address("http", "/a.ts")), stop, clock);
  double last = clock.seconds();
  try {
    while (reader->read()) last = clock.seconds();
    FAIL() << "an endless stream ended";
  } catch (const SourceError& error) {
    EXPECT_NE(std::string(error.what()).find("silent for 10 s"), std::string::npos) << error.what();
    EXPECT_LE(clock.seconds() - last, 10.5);
  }
}

TEST(Live, AStopGivesNoPacketThatItCutShort) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.avi", {.frames = 3, .encoder = "mjpeg"});
  const std::string bytes = bytes_of(folder / "a.avi");
  const std::size_t last_picture = bytes.rfind("\xff\xd8\xff");
  std::counting_semaphore<> silent{0};
  const SmallServer server([&](const Connection& connection) {
    connection.read_head();
    connection.send(response(bytes).substr(0, response(bytes).size() - bytes.size() + last_picture + 200));
    silent.release();
    connection.stay_silent();
  });
  StopFlag stop{false};
  const std::unique_ptr<Reader> reader = Reader::open(source(server.address("http", "/a.avi")), stop);
  silent.acquire();
  std::atomic<int> packets{0};
  std::thread stopper([&] {
    EXPECT_TRUE(wait_for([&] { return packets == 2; }));
    stop = true;
  });
  const auto read_to_its_end = [&] {
    while (reader->read()) ++packets;
  };
  EXPECT_THROW(read_to_its_end(), SourceError);
  stopper.join();
  EXPECT_EQ(packets, 2);
}

TEST(Live, StoppingEndsOpeningThoughNoTimePasses) {
  std::counting_semaphore<> silent{0};
  const SmallServer server([&](const Connection& connection) {
    silent.release();
    connection.stay_silent();
  });
  static const MovedClock clock;  // openings that are left behind may look at it
  const auto expect_stopped = [&](const std::string& address, std::counting_semaphore<>& begun) {
    StopFlag stop{false};
    std::future<void> ended = std::async(std::launch::async, [&] {
      EXPECT_THROW(Reader::open(source(address), stop, clock), SourceError) << address;
    });
    begun.acquire();
    stop = true;
    ended.get();
  };
  expect_stopped(server.address("rtsp", "/a"), silent);
  expect_stopped(server.address("http", "/a"), silent);
  expect_stopped(std::string("rtsp://") + kNameThatHangs + "/a", asked_names);
  answered_names.release();
}

}  // namespace
}  // namespace actionflow
