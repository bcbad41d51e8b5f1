// Errors, outcomes, clocks, the log, masks, progress and processor: small things, one or two tests each.
#include <gmock/gmock.h>

#include <thread>

#include "base/error.h"
#include "base/log/log.h"
#include "base/log/progress.h"
#include "base/machine/clock.h"
#include "base/machine/processor.h"
#include "base/outcome.h"
#include "base/text/mask.h"
#include "tests/tools/moved_clock.h"

namespace actionflow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MovedClock;
using ::testing::Not;

TEST(Failure, KeepsTheExitCodeOfAnError) {
  const auto caught = [](auto thrown) {
    try {
      throw thrown;
    } catch (...) {
      return Failure::from_current_exception();
    }
  };
  EXPECT_EQ(caught(SourceError("x")).code, ExitCode::source);
  EXPECT_EQ(caught(ModelError("x")).message, "x");
  EXPECT_EQ(caught(std::runtime_error("y")).code, ExitCode::failure);
  EXPECT_EQ(caught(std::bad_alloc()).message, "out of memory");
  EXPECT_EQ(caught(3).message, "unknown error");
}

TEST(Outcome, IsAValueOrAFailureOrDropped) {
  EXPECT_EQ(Outcome<int>(3).value(), 3);
  EXPECT_TRUE(Outcome<int>().dropped());
  const Outcome<int> failed(Failure{ExitCode::model, "bad"});
  EXPECT_EQ(failed.rethrow<std::string>().failure().message, "bad");
  EXPECT_TRUE(Outcome<int>(Dropped{}).rethrow<std::string>().dropped());
}

TEST(Clock, CountsIntervalsAndDeadlines) {
  MovedClock clock;
  const Stopwatch watch(clock);
  const Deadline deadline(2, clock);
  clock.pass(1.5);
  EXPECT_DOUBLE_EQ(watch.seconds(), 1.5);
  EXPECT_DOUBLE_EQ(deadline.seconds_left(), 0.5);
  EXPECT_FALSE(deadline.passed());
  clock.pass(1);
  EXPECT_TRUE(deadline.passed());
  EXPECT_EQ(deadline.seconds_left(), 0);
}

TEST(Clock, ShowsWallTimeInUtc) {
  EXPECT_EQ(utc_text(1'714'564'800'250'000'000), "2024-05-01T12:00:00.250Z");  // date -u -d @1714564800
  EXPECT_EQ(utc_text(-1'000'000), "1969-12-31T23:59:59.999Z");
}

TEST(RateLimit, LetsTheFirstThroughAndCountsTheRest) {
  MovedClock clock;
  RateLimit limit(10, clock);
  std::int64_t held_back = -1;
  EXPECT_TRUE(limit.pass(held_back));
  EXPECT_EQ(held_back, 0);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limit.pass(held_back));
  clock.pass(10);
  EXPECT_TRUE(limit.pass(held_back));
  EXPECT_EQ(held_back, 5);
}

TEST(RateLimit, LetsOneThroughOfManyThreads) {
  MovedClock clock;
  RateLimit limit(1, clock);
  std::atomic<int> passed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      std::int64_t held_back = 0;
      for (int n = 0; n < 1000; ++n) passed += limit.pass(held_back) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(passed, 1);
}

class LogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    log::set_sink([this](log::Level, std::string_view line) { lines_.emplace_back(line); });
  }
  void TearDown() override {
    log::set_sink({});
    log::set_level(log::Level::info);
  }
  std::vector<std::string> lines_;
};

TEST_F(LogTest, LeavesOutWhatIsBelowItsLevel) {
  log::debug("a");
  log::info("b {}", 1);
  log::set_level(log::Level::error);
  log::warn("c");
  log::error("d");
  log::set_level(log::Level::quiet);
  log::error("e");
  EXPECT_THAT(lines_, ElementsAre("b 1", "d"));
}

TEST_F(LogTest, HidesPasswords) {
  log::warn("lost {}", "rtsp://me:secret@camera/1");
  EXPECT_THAT(lines_, ElementsAre("lost rtsp://***@camera/1"));
}

TEST_F(LogTest, SaysHowManyLinesWereHeldBack) {
  MovedClock clock;
  RateLimit limit(10, clock);
  for (int i = 0; i < 4; ++i) log::limited(limit, log::Level::warn, "damaged frame {}", i);
  clock.pass(11);
  log::limited(limit, log::Level::warn, "damaged frame {}", 4);
  EXPECT_THAT(lines_, ElementsAre("damaged frame 0", "damaged frame 4 (3 more)"));
}

TEST(Mask, HidesCredentialsWithOneWordOrByteForByte) {
  EXPECT_EQ(without_credentials("rtsp://u:p@h/1 and http://v@k"), "rtsp://***@h/1 and http://***@k");
  EXPECT_EQ(with_credentials_starred("rtsp://u:p@h/1 and http://v@k"), "rtsp://***@h/1 and http://*@k");
  EXPECT_EQ(with_credentials_starred("http://h/x?token=abc&hop=4"), "http://h/x?token=***&hop=4");
  EXPECT_EQ(with_credentials_starred("rtsp://u:p@ss@h/1"), "rtsp://******@h/1");
  EXPECT_EQ(without_credentials("rtsp://"), "rtsp://");
  EXPECT_EQ(without_credentials(""), "");
}

TEST(Mask, HidesTheValueOfEveryKeyThatSoundsSecret) {
  for (const std::string key :
       {"pin", "session", "user", "login", "account", "jwt", "sig", "PASSWORD", "key", "PHPSESSID", "sid",
        "otp", "%70in", "PIN[]", "code", "ticket", "cookie", "bearer", "uuid"})
    EXPECT_EQ(without_credentials("http://h/x?" + key + "=1234&hop=4"), "http://h/x?" + key + "=***&hop=4");
  EXPECT_EQ(with_credentials_starred("http://u@h/x?pin=1&session=22"), "http://*@h/x?pin=*&session=**");
}

TEST(Mask, HidesASecretWhoseEqualsSignIsCoded) {
  EXPECT_EQ(without_credentials("http://h/x?pin%3D1234&hop=4"), "http://h/x?pin%3D***&hop=4");
}

TEST(Mask, HidesWhateverAQuerySaysButForPlainKeys) {
  for (const std::string key : {"k", "Policy", "access", "hdnts", "st", "e", "url", "%6b", "q[]"})
    EXPECT_EQ(without_credentials("http://h/x?channel=2&" + key + "=hunter2#hop=4"),
              "http://h/x?channel=2&" + key + "=***#hop=4");
  EXPECT_EQ(without_credentials("https://h/x?hunter2: refused"), "https://h/x?*** refused");
  EXPECT_EQ(without_credentials("GET /x?k=hunter2 HTTP/1.1"), "GET /x?k=*** HTTP/1.1");
  EXPECT_EQ(without_credentials("http://h/x?proxy=rtsp%3A%2F%2Fu%3Ahunter2%40cam%2F1&fps=5"),
            "http://h/x?proxy=***&fps=5");
  EXPECT_EQ(with_credentials_starred("a: 'http://h/x?hop=4&k=12'"), "a: 'http://h/x?hop=4&k=**'");
}

TEST(Mask, HidesWhatLooksLikeAKeyInAPath) {
  for (const char* key : {"aB3_dE9-xY2kLm7_Qp4", "3f2b8c1e-9a7d-4e5f-8b6c-123456789012", "abcdEFGHijklMNOP",
                          "8f14e45fceea167a5a36dedd4bea2543.m3u8"})
    EXPECT_EQ(without_credentials(std::string("rtsp://h/") + key), "rtsp://h/***");
  EXPECT_EQ(without_credentials("https://api.telegram.org/bot123:hunter2/sendMessage: 401"),
            "https://api.telegram.org/***/sendMessage: 401");
  EXPECT_EQ(without_credentials("https://hooks.slack.com/services/T0/B0/hunter2"),
            "https://hooks.slack.com/***");
  EXPECT_EQ(without_credentials("https://discord.com/api/webhooks/12/hunter2?wait=1"),
            "https://discord.com/api/webhooks/***?wait=***");
  EXPECT_EQ(without_credentials("rtsps://10.0.0.1:7441/hunter2hunter2aB?channel=1"),
            "rtsps://10.0.0.1:7441/***?channel=1");
  for (const char* name : {"https://h/UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi",
                           "https://h/kinetics/aB3_dE9-xY2_000012_000022.mp4",
                           "https://h/UCF-101/RockClimbingIndoor/v_RockClimbingIndoor_g01_c01.avi",
                           "https://h/recording_2026_11_29/cam1.mp4", "https://h/2024-05-01T12:00:00.mp4",
                           "s3://b/session=1/take#1.mp4", "hive/session=1/a.mp4: is missing"})
    EXPECT_EQ(without_credentials(name), name) << "names of files are what results are told by";
  EXPECT_EQ(without_credentials("https://h/live/8f14e45fceea167a5a36dedd4bea2543.m3u8"),
            "https://h/live/***");
  EXPECT_EQ(without_credentials("https://h/8f14e45fceea167a5a36dedd4bea2543/a.mp4"), "https://h/***/a.mp4");
  EXPECT_EQ(without_credentials("http://proxy/rtsp%3A%2F%2Fu%3Ahunter2%40cam/1"), "http://proxy/***/1");
}

TEST(Mask, LeavesWhatIsNoSecret) {
  for (const char* text :
       {"a@b.mp4 and http://host/path", "list.txt:3: videos/a@2x.mp4 is missing",
        "key=value changes a MODEL.yaml", "{source: cam, file: a@b.mp4}",
        "expected mqtt://[user[:password]@]host[:port]", "codec=h264, exit code=5",
        "http://10.0.0.5:8080/axis-cgi/mjpg/video.cgi?resolution=640x480&fps=5",
        "rtsp://[fe80::1]:554/Streaming/Channels/101: refused", "udp://239.0.0.1:1234?reuse=1",
        "http://127.0.0.1:8000/hook: 500", "rtsp://10.0.0.5/Preview_01_main",
        "https://h/live/stream_1280x720.m3u8", "did you mean 'source'?"})
    EXPECT_EQ(without_credentials(text), text);
}

TEST(Mask, StarsTheSecretsOfAConfigurationsLine) {
  const std::vector<std::pair<std::string, std::string>> lines{
      {"password: hunter2", "password: *******"},
      {"  mq: {node: mqtt, password: hunter2, from: a}", "  mq: {node: mqtt, password: *******, from: a}"},
      {"secret: [hunter2, b]", "secret: [**********]"},
      {"\"client_secret\": \"hun, ter\"", "\"client_secret\": \"********\""},
      {"Token : 'a b'", "Token : '***'"},
      {"pin: 1234  # ours", "pin: ************"},
      {"headers: {Authorization: x}", "headers: {****************}"},
      {"class_token: true, spin: 4, key: file.pem", "class_token: true, spin: 4, key: file.pem"},
      {"password:", "password:"}};
  for (const auto& [line, shown] : lines) EXPECT_EQ(with_credentials_starred(line), shown);
}

TEST(Progress, OnATerminalDrawsABarWithRateAndTimeLeft) {
  MovedClock clock;
  std::vector<std::string> drawn;
  Progress::Screen screen{true, 80, [&](std::string_view line) { drawn.emplace_back(line); }};
  Progress progress("decode", 1000, screen, clock);
  clock.pass(4);
  progress.advance(400);
  progress.advance(1);  // too soon to be drawn
  progress.finish();
  progress.finish();
  EXPECT_THAT(drawn,
              ElementsAre("decode [############..................] 400/1000  40%  100/s  0:06 left",
                          "decode [############..................] 401/1000  40%  100/s  0:06 left\n"));
}

TEST(Progress, FitsANarrowTerminal) {
  MovedClock clock;
  std::vector<std::string> drawn;
  Progress progress("decode", 10, {true, 45, [&](std::string_view line) { drawn.emplace_back(line); }},
                    clock);
  clock.pass(1);
  progress.advance(5);
  ASSERT_EQ(drawn.size(), 1u);
  EXPECT_LE(drawn[0].size(), 45u);
}

TEST(Progress, InALogSaysALineEveryTenSeconds) {
  MovedClock clock;
  std::vector<std::string> drawn;
  Progress progress("train", 600, {false, 0, [&](std::string_view line) { drawn.emplace_back(line); }},
                    clock);
  for (int second = 0; second < 25; ++second) {
    clock.pass(1);
    progress.advance(10);
  }
  progress.finish();
  EXPECT_THAT(drawn, ElementsAre("train: 100 of 600, 10/s, 0:50 left", "train: 200 of 600, 10/s, 0:40 left",
                                 "train: 250 of 600, 10/s, 0:35 left"));
}

TEST(Progress, TellsThePartsRestFromTheWholes) {
  MovedClock clock;
  for (const bool terminal : {true, false}) {
    Progress progress("epoch 2/9", 600, {terminal, 60, {}}, clock);
    progress.set_part("epoch");
    progress.set_note("run 28:45 left, loss 0.3100, top-1 12.3 %");
    clock.pass(10);
    progress.advance(100);
    EXPECT_EQ(progress.line(), terminal
                                   ? "epoch 2/9 100/600  17%  10/s  epoch 0:50 left  run 28:45 le"
                                   : "epoch 2/9: 100 of 600, 10/s, epoch 0:50 left, run 28:45 left, loss "
                                     "0.3100, top-1 12.3 %");
  }
}

TEST(Progress, WithoutATotalShowsTheTimeTaken) {
  MovedClock clock;
  Progress progress("frames", 0, {false, 0, {}}, clock);
  clock.pass(65);
  progress.advance(130);
  EXPECT_EQ(progress.line(), "frames: 130, 2.0/s, 1:05");
}

TEST(Processor, HasTheLesserSetsWhereItHasTheGreater) {
  EXPECT_TRUE(!has_avx512() || has_avx2());
  EXPECT_TRUE(!has_avx512_bf16() || has_avx512());
}

}  // namespace
}  // namespace actionflow
