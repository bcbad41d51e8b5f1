// `actionflow events`: what is kept, as people and programs read it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "nodes/store/event_store.h"
#include "tests/datasets/make_video.h"
#include "tests/tools/child_process.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class EventsCommand : public ::testing::Test {
 protected:
  EventsCommand() {
    EventStore store(folder_ / "state", {});
    for (int k = 0; k < 4; ++k) {
      EventChange change;
      change.kind = k == 3 ? EventChange::begun : EventChange::ended;
      change.score = 0.75F;
      change.start = k;
      change.end = k + 0.5;
      constexpr std::int64_t kZero = 1'764'432'000'000'000'000;  // 2025-11-29T16:00:00Z
      store.add({k % 2 ? "yard" : "front, door", "actions", "r1-actions-0-" + std::to_string(k),
                 k == 2 ? "sit down" : "fall", change, kZero});
    }
    std::ofstream(folder_ / "p.yaml") << "streams: {a: a.mp4}\ngraph:\n  frames: {node: decode}\n"
                                         "  kept: {node: store, from: frames, folder: state}\n";
  }

  struct Ran {
    int code = 0;
    std::string out, err;
  };
  Ran run(std::vector<std::string> words) const {
    words.insert(words.begin(), {ACTIONFLOW_PROGRAM, "events"});
    ChildProcess program(words, folder_ / "stderr.txt");
    Ran ran;
    ran.out = program.read_all(60);
    ran.code = program.wait();
    ran.err = text("stderr.txt");
    return ran;
  }
  std::string text(const std::string& name) const {
    std::ifstream file(folder_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryFolder folder_;
};

TEST_F(EventsCommand, ListsThemForPeople) {
  const Ran ran = run({folder_ / "state"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("2025-11-29 16:00:00  front, door  fall  75 %  0.5 s  r1-actions-0-0\n"));
  EXPECT_THAT(ran.out, HasSubstr("16:00:03  yard  fall  75 %  under way"));
  EXPECT_EQ(run({folder_ / "p.yaml"}).out, ran.out) << "by the pipeline that keeps them there";
}

TEST_F(EventsCommand, FiltersAndPrintsJson) {
  const Ran ran = run({folder_ / "state", "--json", "--stream", "front, door", "--since",
                       "2025-11-29 16:00:01", "--until", "2025-11-30", "--label", "sit down"});
  const auto json = nlohmann::json::parse(ran.out);
  EXPECT_EQ(json["type"], "event");
  EXPECT_EQ(json["id"], "r1-actions-0-2");
  EXPECT_EQ(json["start_time"], "2025-11-29T16:00:02.000Z");
  EXPECT_EQ(json["state"], "ended");
  EXPECT_TRUE(json["clip"].is_null());
  const Ran last = run({folder_ / "state", "--json", "--limit", "1"});
  EXPECT_TRUE(nlohmann::json::parse(last.out)["end"].is_null());
  EXPECT_EQ(run({folder_ / "state", "--since", "1 h"}).out, "");
}

TEST_F(EventsCommand, ExportsTablesAndLines) {
  EXPECT_EQ(run({folder_ / "state", "--output", folder_ / "e.csv"}).out, "");
  EXPECT_THAT(
      text("e.csv"),
      StartsWith("id,stream,node,label,score,start,end,start_time,end_time,state,clip,picture,corrected\n"
                 "\"r1-actions-0-0\",\"front, door\",\"actions\",\"fall\",0.750000,0.000000,0.500000,"
                 "2025-11-29T16:00:00.000Z,2025-11-29T16:00:00.500Z,ended,,,\n"));
  run({folder_ / "state", "--output", folder_ / "e.jsonl"});
  EXPECT_EQ(text("e.jsonl"), run({folder_ / "state", "--json"}).out);
}

TEST_F(EventsCommand, SaysWhatIsWrong) {
  const auto refused = [&](const std::vector<std::string>& words, const std::string& why) {
    const Ran ran = run(words);
    EXPECT_EQ(ran.code, 2) << why;
    EXPECT_THAT(ran.err, HasSubstr(why));
  };
  std::ofstream(folder_ / "none.yaml") << "streams: {a: a.mp4}\ngraph:\n  frames: {node: decode}\n";
  refused({folder_.path()}, "no events are kept here");
  refused({folder_ / "none.yaml"}, "keeps no events");
  refused({folder_ / "missing"}, "missing");
  refused({}, "expected one folder of a store node");
  refused({folder_ / "state", "--since", "tomorrow"}, "'tomorrow' is no time");
  refused({folder_ / "state", "--output", "e.xml"}, ".csv or .jsonl");
  std::ofstream(event_file(folder_ / "state")) << std::string(4096, 'x');
  const Ran damaged = run({folder_ / "state"});
  EXPECT_NE(damaged.code, 0);
  EXPECT_THAT(damaged.err, HasSubstr("events.sqlite"));
}

}  // namespace
}  // namespace actionflow::testing
