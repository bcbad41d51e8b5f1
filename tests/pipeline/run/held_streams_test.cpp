// A pipeline whose cameras are shared: it reads those that it is told to hold, while its lease lasts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/error.h"
#include "pipeline/run/reload.h"
#include "pipeline/run/saved_settings.h"
#include "pipeline/run/stream_changes.h"
#include "tests/pipeline/run/graph_bench.h"
#include "tests/tools/log_lines.h"
#include "tests/tools/moved_clock.h"
#include "tests/tools/wait_for.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class HeldStreams : public ::testing::Test {
 protected:
  void SetUp() override {
    bench_.video("a.mp4", 30, 1);
    bench_.video("b.mp4", 30, 2);
    lease_->begin(clock_.steady_ns());
    const PipelineDescription description = bench_.describe(text_);
    defaults_ = description.defaults;
    pipeline_ = std::make_unique<Pipeline>(description, sink_, RunOptions{.lease = lease_});
    reload_ = std::make_unique<Reload>(*pipeline_, description, "pipeline.yaml",
                                       [this] { return bench_.describe(text_); });
    running_ = std::thread([this] { pipeline_->run(); });
  }
  void TearDown() override {
    pipeline_->stop();
    running_.join();
  }

  static std::string camera(const std::string& name, const std::string& file) {
    return name + ": {source: " + file + ", realtime: true, loop: true}";
  }
  static std::string file(const std::string& cameras) {
    return "share: {broker: mqtt://127.0.0.1, group: g}\nstreams: {" + cameras +
           "}\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames, hop: 2}\n"
           "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 1}\n";
  }
  void edit(const std::string& cameras) {
    text_ = file(cameras);
    reload_->reload();
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const StreamView& view : pipeline_->streams()) names.push_back(view.name);
    return names;
  }
  bool gives_windows(const std::string& name) const {
    const auto windows = [&] {
      std::int64_t count = -1;
      for (const StreamView& view : pipeline_->streams())
        if (view.name == name) count = view.windows;
      return count;
    };
    const std::int64_t before = windows();
    return wait_for([&] { return windows() > before; });
  }
  bool has_ended(const std::string& name) const {
    return wait_for([&] {
      for (const StreamView& view : pipeline_->streams())
        if (view.name == name) return view.state == ConnectionState::ended;
      return false;
    });
  }

  GraphBench bench_;
  MovedClock clock_;
  const std::shared_ptr<Lease> lease_ = std::make_shared<Lease>(10, clock_);
  std::string text_ = file(camera("one", "a.mp4") + ", " + camera("two", "a.mp4"));
  config::Value defaults_;
  LinesByStream sink_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Reload> reload_;
  std::thread running_;
};

TEST_F(HeldStreams, AreNoneUntilSomeAreHeld) {
  EXPECT_THAT(names(), IsEmpty());
  reload_->hold({"two"});
  EXPECT_THAT(names(), UnorderedElementsAre("two"));
  EXPECT_TRUE(gives_windows("two"));
  reload_->hold({"one"});
  EXPECT_THAT(names(), UnorderedElementsAre("one"));
  reload_->hold({});
  EXPECT_THAT(names(), IsEmpty());
  reload_->hold({"one", "two"});
  EXPECT_TRUE(gives_windows("one"));
  EXPECT_TRUE(gives_windows("two"));
}

TEST_F(HeldStreams, FollowTheFileWithoutThoseOfOthers) {
  reload_->hold({"one", "three"});
  EXPECT_THAT(names(), UnorderedElementsAre("one"));
  edit(camera("one", "b.mp4") + ", " + camera("two", "b.mp4") + ", " + camera("three", "a.mp4") + ", " +
       camera("four", "a.mp4"));
  EXPECT_THAT(names(), UnorderedElementsAre("one", "three"));
  EXPECT_THAT(reload_->source_of("one")->source, HasSubstr("b.mp4"));
  reload_->hold({"one", "two", "three"});
  EXPECT_THAT(reload_->source_of("two")->source, HasSubstr("b.mp4"));
  edit(camera("two", "b.mp4"));
  EXPECT_THAT(names(), UnorderedElementsAre("two"));
  EXPECT_TRUE(gives_windows("two"));
}

TEST_F(HeldStreams, EndWithTheLeaseWhateverElseHangsAndComeWithTheNext) {
  reload_->hold({"one"});
  EXPECT_TRUE(gives_windows("one"));
  clock_.pass(5);
  EXPECT_TRUE(lease_->renew(clock_.steady_ns()));
  clock_.pass(9);
  EXPECT_TRUE(gives_windows("one"));
  clock_.pass(1);
  EXPECT_TRUE(has_ended("one"));
  reload_->hold({});
  lease_->begin(clock_.steady_ns());
  reload_->hold({"one"});
  EXPECT_TRUE(gives_windows("one"));
}

TEST_F(HeldStreams, AreNotOpenedWithoutALease) {
  clock_.pass(10);
  reload_->hold({"one"});
  EXPECT_TRUE(has_ended("one"));
  EXPECT_THAT(sink_.lines(), IsEmpty());
}

TEST_F(HeldStreams, StayInTheirGroupUntilTheNextStart) {
  const LogLines log;
  text_.replace(text_.find("group: g"), 8, "group: h");
  reload_->reload();
  EXPECT_THAT(log.lines(), ::testing::Contains(HasSubstr("'share' cannot be changed while it runs")));
}

TEST_F(HeldStreams, AreChangedInTheFileOnly) {
  SavedSettings saved{std::filesystem::path()};
  StreamChanges changes(*reload_, *pipeline_, saved, defaults_);
  try {
    changes.put("three", R"({"source": "rtsp://camera/3"})");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("pipeline file"));
  }
  EXPECT_THROW(changes.remove("one"), UsageError);
}

}  // namespace
}  // namespace actionflow::testing
