// A folder, the same folder in a bucket, and a list of what is in it are the same recordings, in the same
// shares.
#include <fstream>
#include <set>

#include "tests/pipeline/commands/program_fixture.h"
#include "tests/tools/environment_variable.h"
#include "tests/tools/object_server.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class Recordings : public Program {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_ / "films/yard & door");
    for (const char* name : {"a.mp4", "b.mp4", "yard & door/c 1.mp4", "yard & door/d.mkv"}) {
      const std::string file = video("films/" + std::string(name));
      names_.insert(name);
      std::ifstream bytes(file, std::ios::binary);
      server_.put("/rec/films/" + std::string(name), {std::istreambuf_iterator<char>(bytes), {}});
    }
    text_file("films/notes.md", "no video");
    server_.put("/rec/films/notes.md", "no video");
    std::string list;
    for (const std::string& name : names_) list += name + "\r\n";
    text_file("films/all.txt", list + "\n");
    server_.put("/rec/films/all.txt", list);
  }

  // Names from `begin` on of what gave windows.
  std::set<std::string> read_of(const std::string& source, const std::string& begin,
                                const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"classify", source, "--weights", weights_, "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const Ended ended = run(words);
    EXPECT_EQ(ended.code, 0) << ended.err;
    std::set<std::string> names;
    for (const auto& line : ended.lines()) {
      if (line["type"] != "window") continue;
      const std::string stream = line["stream"];
      EXPECT_TRUE(stream.starts_with(begin)) << stream;
      names.insert(stream.substr(begin.size()));
    }
    return names;
  }

  // Of streams that are done.
  std::set<std::string> names_in(const std::string& output) const {
    std::ifstream lines(folder_ / output);
    std::set<std::string> names;
    for (std::string line; std::getline(lines, line);)
      if (const auto json = nlohmann::json::parse(line); json["type"] == "stream")
        names.insert(json["stream"]);
    return names;
  }

  std::set<std::string> names_;
  ObjectServer server_;
  const EnvironmentVariable endpoint_{"AWS_ENDPOINT_URL", server_.address()};
};

TEST_F(Recordings, OfABucketOrAListAreThoseOfTheFolder) {
  const std::string here = (folder_ / "films/").string(), there = "s3://rec/films/";
  EXPECT_EQ(read_of(here, here), names_);
  for (const std::string& begin : {here, there})
    for (const std::string of : {"", "all.txt"}) {
      EXPECT_EQ(read_of(begin + of, begin), names_) << begin << of;
      EXPECT_EQ(read_of(begin + of, begin, {"--shard", "1/2"}), read_of(here, here, {"--shard", "1/2"}));
    }
}

TEST_F(Recordings, OfAWebServerEndAsFilesDo) {
  const std::string films = server_.address("/rec/films/");
  text_file("web.txt", "# of the yard\n\n" + films + "a.mp4\n" + films + "v_ApplyEyeMakeup_g01_c01.mp4\n");
  const std::vector<std::string> words{"classify", folder_ / "web.txt", "--weights",
                                       weights_,   "--output",          (folder_ / "found").string() + "/"};
  expect_error(run(words), 3, "v_ApplyEyeMakeup_g01_c01.mp4: the server answers 404");
  std::ifstream bytes(folder_ / "films/b.mp4", std::ios::binary);
  server_.put("/rec/films/v_ApplyEyeMakeup_g01_c01.mp4", {std::istreambuf_iterator<char>(bytes), {}});
  const std::size_t asked = server_.requests().size();
  EXPECT_EQ(run(words).code, 0) << "and what could not be read is tried again";
  for (std::size_t i = asked; i < server_.requests().size(); ++i)
    EXPECT_THAT(server_.requests()[i].path, HasSubstr("ApplyEyeMakeup")) << "the other is done";
}

TEST_F(Recordings, OnAWebServerAreToldByItsAnswerWhereTheirNamesDoNotSay) {
  std::ifstream bytes(folder_ / "films/b.mp4", std::ios::binary);
  server_.put("/rec/view", {std::istreambuf_iterator<char>(bytes), {}});
  const std::string address = server_.address("/rec/view?camera=17");
  EXPECT_EQ(
      run({"classify", address, "--weights", weights_, "--output", (folder_ / "found").string() + "/"}).code,
      0);
  const std::vector<std::string> none{"classify", server_.address("/rec/none"),
                                      address,    "--weights",
                                      weights_,   "--json",
                                      "--output", (folder_ / "found with none").string() + "/"};
  const Ended ended = run(none);
  expect_error(ended, 3, "/rec/none: the server answers 404");
  EXPECT_EQ(ended.lines().back()["streams"], 2) << "the others are read";
  EXPECT_GT(ended.lines().back()["windows"], 0);
  server_.give_no_ranges();
  EXPECT_EQ(
      run({"classify", address, "--weights", weights_, "--output", (folder_ / "whole").string() + "/"}).code,
      0);
  text_file("web.txt", server_.address("/rec/none") + "\n");
  expect_error(run({"classify", folder_ / "web.txt", "--weights", weights_}), 3, "the server answers 404");
}

TEST_F(Recordings, OfAListOnAServerHaveAnyNames) {
  std::ifstream file(folder_ / "films/b.mp4", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::string list;
  for (const std::string name : {"#1 odd \u00fc%20&name.mp4", "a?b.mp4", "plain+.mp4"}) {
    server_.put("/odd/" + name, bytes);
    list += "./" + name + "\n";
  }
  server_.put("/odd/all.txt", list);
  for (const std::string& odd : {server_.address("/odd/all.txt"), std::string("s3://odd/all.txt")}) {
    const Ended ended = run({"classify", odd, "--weights", weights_, "--json"});
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.lines().back()["windows"], 3) << odd;
  }
}

TEST_F(Recordings, AreDoneByTheirAddressesWhateverOfThemIsHidden) {
  std::ifstream file(folder_ / "films/b.mp4", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const std::vector<std::string> names{"recording_2026_11_29/1.mp4",
                                       "recording_2026_11_30/1.mp4",
                                       "8f14e45fceea167a5a36dedd4bea2543/1.mp4",
                                       "8f14e45fceea167a5a36dedd4bea2544/1.mp4",
                                       "view?id=3",
                                       "view?id=4",
                                       "session=1/1.mp4",
                                       "session=2/1.mp4"};
  std::string list;
  std::size_t done = 0;
  for (const std::string& name : names) {
    server_.put("/rec/" + name.substr(0, name.find('?')), bytes);
    list = server_.address("/rec/" + name) + "\n" + list;
    text_file("web.txt", list);
    for (const std::string to : {"found/", "found.jsonl"}) {
      const Ended ended = run({"classify", folder_ / "web.txt", "--weights", weights_, "--json", "--output",
                               (folder_ / to).string()});
      EXPECT_EQ(ended.code, 0) << ended.err;
      EXPECT_EQ(ended.lines().back()["streams"], 1) << name << " in " << to;
    }
    EXPECT_THAT(names_in("found.jsonl"), SizeIs(++done));
  }
}

TEST_F(Recordings, OfOtherNetworksAndOptionsDoNotShareAFolder) {
  std::vector<std::string> words{"classify", folder_ / "films/a.mp4",           "--weights", weights_,
                                 "--output", (folder_ / "found").string() + "/"};
  EXPECT_EQ(run(words).code, 0);
  EXPECT_EQ(run(words).code, 0);
  std::vector<std::string> same = words;
  same.insert(same.end(), {"--hop", "15", "--windows", "--advance", "off"});
  EXPECT_EQ(run(same).code, 0) << "as it is without them";
  words.insert(words.end(), {"--hop", "3"});
  expect_error(run(words), 2,
               "made otherwise: 'clips: window frames hop 15' is now 'clips: window frames hop 3'");
}

TEST_F(Recordings, AreReadAgainWhereSomethingElseIsReadOfThem) {
  const std::string file = folder_ / "films/a.mp4", other = folder_ / "films/b.mp4";
  const auto read = [&](const std::string& stream) {
    const std::string pipeline = text_file("p.yaml", "streams: {yard: " + stream +
                                                         "}\ngraph:\n  frames: {node: decode}\n"
                                                         "  clips: {node: window, from: frames}\n"
                                                         "  net: {node: cnn3d, from: clips, weights: " +
                                                         weights_ + "}\n");
    const Ended ended = run({"classify", pipeline, "--json", "--output", (folder_ / "found").string() + "/"});
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.lines().back()["streams"] == 1;
  };
  EXPECT_TRUE(read(file));
  EXPECT_FALSE(read("{source: " + file + ", retry: false, skip: []}"));
  for (const std::string& stream :
       {other, "{source: " + file + ", crop: [0, 0, 0.5, 1]}", "{source: " + file + ", skip: [nonkey]}"}) {
    EXPECT_TRUE(read(stream)) << stream;
    EXPECT_FALSE(read(stream)) << stream;
  }
  EXPECT_TRUE(read(file));
  std::filesystem::copy_file(other, file, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::last_write_time(file, std::filesystem::last_write_time(other) + std::chrono::hours(1));
  EXPECT_TRUE(read(file)) << "another recording under its name";
  EXPECT_FALSE(read(file));
}

TEST_F(Recordings, AreNotBegunWhereTheEnvironmentIsWrong) {
  for (const std::string name : {"ACTIONFLOW_PATIENCE", "ACTIONFLOW_CACHE_GB"}) {
    const EnvironmentVariable wrong(name, "5m");
    expect_error(run({"classify", folder_ / "films/a.mp4", "--weights", weights_}), 2, name + " is '5m'");
  }
}

TEST_F(Recordings, ThatCannotBeListedAreAnError) {
  expect_error(run({"classify", (folder_ / "none.txt").string(), "--weights", weights_}), 3,
               "none.txt: cannot be read, expected a list of recordings, one a line");
  server_.fail({{.status = "403 Forbidden"}});
  expect_error(run({"classify", "s3://rec/films/", "--weights", weights_}), 3, "the server answers 403");
}

}  // namespace
}  // namespace actionflow::testing
