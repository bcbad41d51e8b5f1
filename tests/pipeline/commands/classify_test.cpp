// What the program finds in files, and what it says of those that it cannot read.
#include "tests/pipeline/commands/program_fixture.h"

namespace actionflow::testing {
namespace {

using nlohmann::json;

TEST_F(Program, ClassifiesRealClipsAsKerasDoes) {
  REQUIRE_REAL_DATA(clips, "clips");
  const json golden_scores = json::parse(read_file(golden("gesture_scores.json")));
  std::vector<std::string> words{"classify", "--json", "--weights", weights_};
  for (const auto& [name, scores] : golden_scores.items()) words.push_back(clips.parent_path() / name);
  const Ended ended = run(words);
  ASSERT_EQ(ended.code, 0) << ended.err;
  const std::vector<std::string> classes{"left swipe", "right swipe", "stop", "thumbs down", "thumbs up"};
  std::size_t compared = 0;
  for (const json& line : ended.lines()) {
    if (line["type"] != "window" || line["start"] != 0.0) continue;
    const std::string stream = line["stream"];
    for (const auto& [name, scores] : golden_scores.items()) {
      if (!stream.ends_with(name)) continue;
      ++compared;
      for (const json& top : line["top"]) {
        const auto at = std::find(classes.begin(), classes.end(), top["label"]) - classes.begin();
        EXPECT_NEAR(top["score"].get<double>(), scores[static_cast<std::size_t>(at)].get<double>(), 1e-2)
            << name << ": " << top["label"];
      }
    }
  }
  EXPECT_EQ(compared, golden_scores.size());
}

TEST_F(Program, RunsAllThreeFamiliesAndTheirEnsembleInOneGraph) {
  const std::string models = project_root() / "configs/models/";
  const std::string nodes =
      "  whole: {node: cnn3d, from: clips, model: " + models + "fusion_pool.yaml, random_weights: 1}\n" +
      "  fused: {node: fusion_3d2d, from: clips, model: " + models +
      "fusion_concat.yaml, random_weights: 2}\n" +
      "  ordered: {node: cnn_lstm, from: clips, model: " + models + "cnn_lstm.yaml, random_weights: 3}\n" +
      "  vote: {node: ensemble, from: [whole, fused, ordered]}\n";
  const std::string pipeline =
      text_file("pipeline.yaml", "streams: {a: " + video() + ", b: {source: " + video() +
                                     "}}\ngraph:\n  frames: {node: decode}\n" +
                                     "  clips: {node: window, from: frames}\n" + nodes);
  const Ended ended = run({"classify", "--json", pipeline});
  ASSERT_EQ(ended.code, 0) << ended.err;
  int votes = 0;
  for (const json& line : ended.lines()) votes += line["type"] == "window" && line["node"] == "vote";
  EXPECT_GE(votes, 2);
  EXPECT_EQ(ended.lines().back()["type"], "summary");
}

TEST_F(Program, WindowsThatShareTheirComputationGiveTheSameBytes) {
  TestVideo film;
  film.frames = 150;
  const auto said = [&](const std::string& advance, const std::string& hop) {
    const Ended ended = run({"classify", "--json", video("film.mp4", film), "--weights",
                             project_root() / "configs/weights/action_cnn_lstm.safetensors", "--hop", hop,
                             "--advance", advance});
    EXPECT_EQ(ended.code, 0) << ended.err;
    std::string lines;
    for (json line : ended.lines()) {
      if (line["type"] != "window") continue;
      line.erase("latency_ms");
      lines += line.dump() + "\n";
    }
    return lines;
  };
  for (const std::string hop : {"1", "4"}) {
    const std::string exact = said("exact", hop);
    EXPECT_NE(exact, "");
    EXPECT_EQ(exact, said("off", hop)) << "hop " << hop;
  }
}

TEST_F(Program, SaysWhyWindowsCannotShare) {
  expect_error(run({"classify", video(), "--weights", weights_, "--hop", "4", "--advance", "exact"}), 2,
               "begins with 'conv3d_3', which pads each window in time");
  expect_error(run({"classify", video(), "--weights", weights_, "--advance", "mostly"}), 2,
               "'mostly' is none of exact, approximate, off, auto");
}

TEST_F(Program, BadSourcesGiveOneLineEachExitCodeThreeAndTheOthersFinish) {
  std::filesystem::create_directory(folder_ / "no_frames");
  const std::vector<std::string> bad{folder_ / "missing.mp4", text_file("text.mp4", "not a video\n"),
                                     text_file("empty.mp4", ""), folder_ / "no_frames", "/dev/video99"};
  std::vector<std::string> words{"classify", "--json", "--weights", weights_, video()};
  words.insert(words.end(), bad.begin(), bad.end());
  // A camera is tried again until stopped; this one is given up at once.
  const std::string camera = text_file("camera.yaml",
                                       "streams: {camera: {source: /dev/video99, retry: false}}\n"
                                       "graph:\n  frames: {node: decode}\n"
                                       "  clips: {node: window, from: frames}\n"
                                       "  gesture: {node: cnn3d, from: clips, weights: " +
                                           weights_ + "}\n");
  words.pop_back();
  const Ended ended = run(words);
  EXPECT_EQ(ended.code, 3) << ended.err;
  for (std::size_t i = 0; i + 1 < bad.size(); ++i) {
    std::istringstream text(ended.err);
    int lines = 0;
    for (std::string line; std::getline(text, line);) lines += line.find(bad[i] + ":") != std::string::npos;
    EXPECT_EQ(lines, 1) << bad[i] << "\n" << ended.err;
  }
  int windows = 0;
  for (const json& line : ended.lines()) windows += line["type"] == "window";
  EXPECT_EQ(windows, 1);
  expect_error(run({"classify", camera}), 3, "/dev/video99");
}

TEST_F(Program, RefusesWeightsThatAreNotTheNetworks) {
  const std::string other = project_root() / "configs/models/robust_3d.yaml";
  expect_error(run({"classify", video(), "--model", other, "--weights", weights_}), 4,
               "gesture_conv3d.safetensors");
  const std::string whole = read_file(weights_);
  for (const std::size_t bytes : {0UL, 7UL, 500UL, whole.size() - 1}) {
    const std::string cut = text_file("cut.safetensors", whole.substr(0, bytes));
    expect_error(run({"classify", video(), "--weights", cut}), 4, "cut.safetensors");
  }
  expect_error(run({"classify", video(), "--weights", text_file("text.safetensors", "hello")}), 4,
               "text.safetensors");
  expect_error(run({"classify", video(), "--weights", folder_ / "missing.safetensors"}), 4,
               "missing.safetensors");
}

TEST_F(Program, RefusesALabelCountThatDoesNotFit) {
  std::string text = read_file(model_);
  const std::size_t at = text.find("[left swipe, ");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, std::string("[left swipe, ").size(), "[");
  expect_error(run({"classify", video(), "--model", text_file("four.yaml", text), "--weights", weights_}), 4,
               "4");
}

TEST_F(Program, PadsAShortClipAndSaysSo) {
  const Ended ended = run({"classify", "--json", video("short.mp4", {.frames = 10}), "--weights", weights_});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.lines().front()["padded"], true);
}

TEST_F(Program, AFileWhoseNameLooksLikeAnOverrideIsWrittenWithItsFolder) {
  video("a=b.mp4");
  EXPECT_EQ(run({"classify", folder_ / "a=b.mp4", "--weights", weights_}).code, 0);
  expect_error(run({"classify", "a=b.mp4", "--weights", weights_}), 2, "./");
}

TEST_F(Program, FilesAreNamedAsTheyStandInTheirFolder) {
  expect_error(run({"classify", "[abc]", "--weights", weights_}), 2, "is written ./[abc]");
  expect_error(run({"classify", "./[a,b]", "--weights", weights_}), 3, "./[a,b]: ");
  video("take #2.mkv", {.frames = 30});
  const std::string pipeline = pipeline_of("gone.mkv");
  const Ended hash = run({"classify", "--json", pipeline, "streams.a=" + (folder_ / "take #2.mkv").string()});
  EXPECT_EQ(hash.code, 0) << hash.err;
  const Ended standard = run_in_shell("classify --json " + pipeline + " streams.a=- <'" +
                                      (folder_ / "take #2.mkv").string() + "'");
  EXPECT_EQ(standard.code, 0) << standard.err;
  ASSERT_FALSE(standard.lines().empty());
  EXPECT_EQ(standard.lines().back()["frames"], 30);
}

TEST_F(Program, AClosedStandardOutputIsAFailureAndNoFileTakesItsPlace) {
  const std::string pipeline = pipeline_of(video(), "  log: {node: jsonl, from: gesture, file: log.jsonl}\n");
  const Ended open = run({"classify", "--json", pipeline});
  ASSERT_EQ(open.code, 0) << open.err;
  const auto count = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  const auto lines = count(read_file(folder_ / "log.jsonl"));
  ASSERT_GT(lines, 0);
  expect_error(run_in_shell("classify --json " + pipeline + " >&-"), 5, "standard output: ");
  EXPECT_EQ(count(read_file(folder_ / "log.jsonl")), lines);
}

}  // namespace
}  // namespace actionflow::testing
