// What stands in a state folder, after a kill too.
#include "nodes/store/event_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <limits>
#include <optional>

#include "datasets/lists/dataset.h"
#include "datasets/lists/reading/read_dataset.h"
#include "nodes/store/event_text.h"
#include "nodes/store/labelled_clips.h"
#include "tests/datasets/make_video.h"
#include "tests/tools/full_disk.h"
#include "tests/tools/killed_process.h"
#include "tests/tools/log_lines.h"
#include "tests/tools/moved_clock.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr double kDay = 86400;

EventResult event(const std::string& id, EventChange::Kind kind, double start, double end,
                  std::optional<std::int64_t> zero_ns = {}, const std::string& stream = "door") {
  EventChange change;
  change.kind = kind;
  change.label = 0;
  change.score = 0.9F;
  change.start = start;
  change.end = change.decided = end;
  return {stream, "actions", id, "fall", change, zero_ns};
}

std::vector<StoredEvent> rows(const fs::path& folder, const EventQuery& query = {}) {
  return EventTable(event_file(folder)).find(query);
}

std::string content(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class Store : public ::testing::Test {
 protected:
  fs::path folder() const { return folder_ / "state"; }
  std::unique_ptr<EventStore> open(StoreLimits limits = {}) const {
    return std::make_unique<EventStore>(folder(), limits, clock_);
  }
  // An event that is over, with a clip of so many bytes.
  static std::int64_t add(EventStore& store, const std::string& id, std::int64_t at_ns, int bytes = 0) {
    const std::int64_t number = store.add(event(id, EventChange::ended, 0, 1, at_ns));
    if (bytes == 0) return number;
    std::ofstream(store.file_of(number, ".mp4")) << std::string(static_cast<std::size_t>(bytes), 'x');
    store.add_clip(number, ".mp4", 0);
    return number;
  }

  TemporaryFolder folder_;
  mutable MovedClock clock_;
};

TEST_F(Store, HoldsAnEventFromItsBeginningAndCompletesIt) {
  const auto store = open();
  const std::int64_t number = store->add(event("a", EventChange::begun, 10, 10.5, 5 * kSecond));
  ASSERT_EQ(rows(folder()).size(), 1U);
  const StoredEvent begun = rows(folder()).front();
  EXPECT_EQ(begun.state, EventState::open);
  EXPECT_EQ(begun.start_ns, 15 * kSecond);
  EXPECT_FALSE(begun.end_ns);
  EXPECT_TRUE(event_json(begun)["end"].is_null());

  EventResult over = event("a", EventChange::ended, 9.5, 12, 5 * kSecond);
  over.label = "sit";
  store->update(number, over);
  const StoredEvent ended = rows(folder()).front();
  EXPECT_EQ(ended.state, EventState::ended);
  EXPECT_EQ(ended.label, "sit");
  EXPECT_EQ(ended.time_ns, 14'500'000'000);
  EXPECT_EQ(ended.end_ns, 17 * kSecond);
  EXPECT_EQ(event_json(ended)["end"], 12.0);
}

TEST_F(Store, FindsByStreamLabelTimeAndNumber) {
  const auto store = open();
  for (int k = 0; k < 10; ++k)
    store->add(
        event(std::to_string(k), EventChange::ended, k, k + 1, 100 * kSecond, k % 2 ? "yard" : "door"));
  EXPECT_EQ(rows(folder(), {.stream = "yard"}).size(), 5U);
  EXPECT_EQ(rows(folder(), {.label = "fall"}).size(), 10U);
  EXPECT_EQ(rows(folder(), {.label = "wave"}).size(), 0U);
  EXPECT_EQ(rows(folder(), {.since_ns = 103 * kSecond, .until_ns = 106 * kSecond}).size(), 3U);
  const auto newest = rows(folder(), {.limit = 2});
  ASSERT_EQ(newest.size(), 2U);
  EXPECT_EQ(newest[0].id, "8");
  EXPECT_EQ(newest[1].id, "9");
  const auto before = rows(folder(), {.before = newest[0].number, .limit = 3});
  ASSERT_EQ(before.size(), 3U);
  EXPECT_EQ(before.back().id, "7");
}

TEST_F(Store, DrawsAnyNumberOfEventsAsSoManyBarsAStreamAndClass) {
  const auto store = open();
  for (int k = 0; k < 300; ++k) {
    EventResult one =
        event(std::to_string(k), EventChange::ended, 0, 2, k * kSecond, k % 2 ? "yard" : "door");
    one.label = k % 6 == 0 ? "wave" : "fall";
    store->add(one);
  }
  EventTable table(event_file(folder()));
  const Timeline all = table.timeline({}, 10, 400 * kSecond);
  EXPECT_EQ(all.since_ns, 0);
  EXPECT_EQ(all.until_ns, 400 * kSecond);
  ASSERT_EQ(all.bars.size(), 24U) << "eight parts of forty seconds; waves are at the door only";
  const TimelineBar &falls = all.bars[0], &waves = all.bars[1];
  EXPECT_EQ(falls.stream, "door");
  EXPECT_EQ(falls.label, "fall");
  EXPECT_EQ(falls.events, 13);
  EXPECT_EQ(falls.start_ns, 2 * kSecond);
  EXPECT_EQ(falls.end_ns, 40 * kSecond);
  EXPECT_EQ(rows(folder(), {.number = falls.number}).front().id, "38");
  EXPECT_EQ(waves.label, "wave");
  EXPECT_EQ(waves.events, 7);
  EXPECT_EQ(waves.start_ns, 0);
  EXPECT_EQ(waves.end_ns, 38 * kSecond);
  EXPECT_EQ(rows(folder(), {.number = waves.number}).front().id, "36");
  EXPECT_EQ(all.bars.back().stream, "yard");
  const Timeline some = table.timeline({.label = "wave", .since_ns = 100 * kSecond}, 10, 400 * kSecond);
  EXPECT_EQ(some.since_ns, 100 * kSecond);
  std::int64_t events = 0;
  for (const TimelineBar& bar : some.bars) events += bar.events;
  EXPECT_EQ(events, 33);
  EXPECT_TRUE(table.timeline({.stream = "nobody"}, 10, kSecond).bars.empty());
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  const Timeline ever = table.timeline({.since_ns = 0, .until_ns = kEnd}, 10, 400 * kSecond);
  EXPECT_EQ(ever.bars.size(), 3U);
}

TEST_F(Store, NumbersRunsSoThatNoIdComesTwice) {
  {
    const auto store = open();
    EXPECT_EQ(store->next_run(), 1);
    store->begin_run(1);
  }
  {
    // Another store of that graph had seen more runs.
    const auto store = open();
    EXPECT_EQ(store->next_run(), 2);
    store->begin_run(7);
  }
  EXPECT_EQ(open()->next_run(), 8);
}

TEST_F(Store, IsOnePipelines) {
  const auto store = open();
  try {
    open();
    FAIL() << "opened twice";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("another pipeline keeps its events here"));
  }
}

TEST_F(Store, AfterAKillNothingIsHalfWritten) {
  fs::create_directories(folder());
  ASSERT_TRUE(testing::dies_by_kill([&] {
    const auto store = open();
    store->begin_run(1);
    add(*store, "whole", kSecond, 100);
    const std::int64_t number = store->add(event("under way", EventChange::begun, 3, 4, 10 * kSecond));
    std::ofstream(store->file_of(number, ".mp4.part")) << "half a clip" << std::flush;
    std::ofstream(store->file_of(number, ".jpg")) << "a picture that no row names" << std::flush;
    testing::die_by_kill();
  }));

  const auto store = open();
  const auto found = rows(folder());
  ASSERT_EQ(found.size(), 2U);
  const auto& open_one = found[0].id == "whole" ? found[1] : found[0];
  EXPECT_EQ(open_one.state, EventState::interrupted);
  EXPECT_EQ(open_one.end, 4) << "as far as it was seen";
  EXPECT_EQ(open_one.end_ns, 14 * kSecond);
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder() / "clips"))
    files.push_back(entry.path().filename());
  EXPECT_EQ(files, std::vector<std::string>{"1.mp4"});
}

TEST_F(Store, LetsWhatIsTooOldGoButNotAPersonsWord) {
  clock_.pass(100 * kDay);
  const auto store = open({.keep_seconds = 30 * kDay});
  const std::int64_t now = clock_.wall_ns();
  const auto days = [](double count) { return static_cast<std::int64_t>(count * kDay) * kSecond; };
  const std::int64_t old = add(*store, "old", now - days(31), 10);
  const std::int64_t corrected = add(*store, "corrected", now - days(31), 10);
  add(*store, "young", now - days(29), 10);
  store->add(event("open", EventChange::begun, 0, 1, now - days(40)));
  EventTable(event_file(folder())).correct(corrected, "sit");
  store->tidy();
  std::vector<std::string> left;
  for (const StoredEvent& one : rows(folder())) left.push_back(one.id);
  EXPECT_THAT(left, ::testing::UnorderedElementsAre("corrected", "young", "open"));
  EXPECT_FALSE(fs::exists(store->file_of(old, ".mp4")));
  EXPECT_TRUE(fs::exists(store->file_of(corrected, ".mp4")));

  clock_.pass(2 * kDay);
  store->tidy_if_due();
  EXPECT_EQ(rows(folder(), {.label = "fall"}).size(), 1U) << "a minute later by itself";
}

TEST_F(Store, KeepsWhatIsYoungWhereTheClockIsSetAndGivesItsTimesAnew) {
  constexpr double kYears = 20 * 365 * kDay;
  const StoreLimits month{.keep_seconds = 30 * kDay};
  const testing::LogLines log;
  {
    const auto before = open(month);
    clock_.set_wall(kYears);
    add(*before, "yesterday", clock_.wall_ns());
    clock_.set_wall(-kYears);  // a start by a clock that begins at 1970
  }
  const auto store = open(month);
  add(*store, "now", clock_.wall_ns() - kSecond);
  const std::int64_t senders_own = 50'000'000 * kSecond;
  add(*store, "by its sender", senders_own);
  clock_.pass(120);
  clock_.set_wall(kYears + kDay);
  store->tidy_if_due();
  clock_.pass(2 * 3600);
  store->tidy();
  const auto left = rows(folder());
  ASSERT_EQ(left.size(), 2U) << "the sender's clock says that it is old";
  EXPECT_EQ(left[0].id, "yesterday");
  EXPECT_EQ(left[1].id, "now");
  EXPECT_NEAR(static_cast<double>(clock_.wall_ns() - left[1].time_ns) / kSecond, 2 * 3600 + 121, 1e-3);
  EXPECT_EQ(left[1].start_ns, left[1].time_ns);
  EXPECT_EQ(left[1].end_ns, left[1].time_ns + kSecond);
}

// A machine that slept for two minutes: its monotonic clock stands behind the others (time_namespaces(7)).
TEST_F(Store, TakesSleepOfTheMachineForNoClockThatWasSet) {
  constexpr int kCannot = 77;
  const auto code_of = [](pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  const pid_t awake = fork();
  if (awake == 0) {
    EventStore store(folder(), {});
    std::ofstream offsets;
    if (unshare(CLONE_NEWTIME) == 0) offsets.open("/proc/self/timens_offsets");
    offsets << "monotonic -120 0" << std::endl;
    if (!offsets) _exit(kCannot);
    const pid_t slept = fork();
    if (slept != 0) _exit(code_of(slept));
    const testing::LogLines log;
    store.tidy();
    _exit(static_cast<int>(log.lines().size()));
  }
  const int lines = code_of(awake);
  if (lines == kCannot) GTEST_SKIP() << "needs the right to make time namespaces";
  EXPECT_EQ(lines, 0);
}

TEST_F(Store, LetsNothingGoAtOnceWhereAClockSaysThatAllIsOld) {
  const StoreLimits month{.keep_seconds = 30 * kDay};
  add(*open(month), "one", clock_.wall_ns());
  clock_.set_wall(5000 * kDay);
  const auto store = open(month);
  EXPECT_EQ(rows(folder()).size(), 1U);
  clock_.pass(3599);
  store->tidy();
  EXPECT_EQ(rows(folder()).size(), 1U);
  clock_.pass(2);
  store->tidy();
  EXPECT_EQ(rows(folder()).size(), 0U) << "it says so for an hour";
}

TEST_F(Store, LetsTheOldestGoBeyondItsLimit) {
  const auto store = open({.limit_bytes = 1'000'000});
  for (int k = 0; k < 20; ++k) {
    add(*store, std::to_string(k), (k + 1) * kSecond, 100'000);
    store->tidy();
  }
  const auto left = rows(folder());
  ASSERT_GE(left.size(), 8U);
  ASSERT_LE(left.size(), 9U) << "the table counts, too";
  EXPECT_EQ(left.back().id, "19");
  EXPECT_EQ(left.front().id, std::to_string(20 - left.size()));
  std::int64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder() / "clips"))
    bytes += static_cast<std::int64_t>(entry.file_size());
  EXPECT_LE(bytes, 1'000'000);
}

TEST_F(Store, BeginsOnAFullDiskAndKeepsEventsOnceThatTakesThem) {
  const testing::LogLines log;
  std::optional<testing::FullDisk> full{std::in_place};
  const auto store = open();
  const std::int64_t run = store->next_run();
  store->begin_run(run);
  EXPECT_THROW(add(*store, "lost", kSecond), FailingDisk);
  EXPECT_THROW(store->tidy_if_due(), FailingDisk) << "so that it is known without an event";
  full.reset();
  EXPECT_THROW(add(*store, "too soon", kSecond), FailingDisk) << "not tried with each event";
  clock_.pass(2);
  add(*store, "kept", kSecond);
  ASSERT_EQ(rows(folder()).size(), 1U);
  EXPECT_EQ(store->next_run(), run + 1);
  EXPECT_EQ(log.lines().size(), 2U) << "that it fails, and that it is well again";
}

TEST_F(Store, OnAFullDiskMakesRoomByItsOwnLimitBeforeItsTableIsOpened) {
  std::int64_t old = 0, young = 0;
  {
    const auto store = open();
    old = add(*store, "old", kSecond, 100'000);
    young = add(*store, "young", 2 * kSecond, 100'000);
    std::ofstream(store->file_of(9, ".mp4.part")) << "half a clip";
  }
  const testing::LogLines log;
  const testing::FullDisk full;  // of a disk that has files, but none of whose files may grow
  const auto store = open({.limit_bytes = 180'000});
  EXPECT_FALSE(fs::exists(store->file_of(old, ".mp4")));
  EXPECT_TRUE(fs::exists(store->file_of(young, ".mp4")));
  EXPECT_FALSE(fs::exists(store->file_of(9, ".mp4.part")));
}

TEST_F(Store, CorrectionsAreListsToTrainOn) {
  const auto store = open();
  for (int k = 1; k <= 3; ++k) {
    const std::int64_t number = store->add(event(std::to_string(k), EventChange::ended, 10, 12, kSecond));
    std::ofstream(store->file_of(number, ".mp4")) << "clip";
    store->add_clip(number, ".mp4", 8);
  }
  store->add(event("without a clip", EventChange::ended, 10, 12, kSecond));
  EventTable table(event_file(folder()));
  EXPECT_TRUE(table.correct(1, "sit down"));
  EXPECT_TRUE(table.correct(2, ""));
  EXPECT_TRUE(table.correct(4, "fall"));
  EXPECT_FALSE(table.correct(99, "fall"));
  write_labelled_clips(folder(), table);
  EXPECT_EQ(content(folder() / "labelled.txt"), "clips/1.mp4 sit down\n");
  EXPECT_EQ(content(folder() / "labelled_times.txt"), "clips/1.mp4 2.000 4.000 sit down\nclips/2.mp4\n");

  // As `train` reads them.
  std::ofstream(folder_ / "classes.txt") << "fall\nsit down\n";
  DataOptions options;
  options.root = folder();
  options.classes = folder_ / "classes.txt";
  options.train = folder() / "labelled_times.txt";
  options.val_share = 0.5;
  const Dataset dataset = read_dataset(options, 1);
  const auto& one = dataset.train.size() == 1 ? dataset.train : dataset.val;
  ASSERT_EQ(dataset.train.size() + dataset.val.size(), 2U);
  EXPECT_TRUE(one.front().timed);

  table.correct(1, std::nullopt);
  write_labelled_clips(folder(), table);
  EXPECT_EQ(content(folder() / "labelled.txt"), "");

  EXPECT_TRUE(is_label("Sturz vorwärts"));
  EXPECT_TRUE(is_label(""));
  for (const char* wrong : {"a\nb", " a", "a ", "\xff", "a\tb"}) EXPECT_FALSE(is_label(wrong)) << wrong;
  EXPECT_FALSE(is_label(std::string(101, 'a')));
}

TEST_F(Store, RefusesATableOfANewerProgram) {
  open().reset();
  Database(event_file(folder()), Database::Sharing::shared).run("PRAGMA user_version = 2");
  EXPECT_THROW(open(), ModelError);
  EXPECT_THROW(rows(folder()), ModelError);
}

}  // namespace
}  // namespace actionflow::testing
