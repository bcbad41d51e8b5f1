// The program as people run it: its results, its messages and its exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/tensor/npy.h"
#include "pipeline/commands/commands.h"
#include "tests/datasets/make_video.h"
#include "tests/test_data.h"
#include "tests/tools/child_process.h"

namespace actionflow::testing {
namespace {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Program : public ::testing::Test {
 protected:
  struct Ended {
    int code = -1;
    std::string out, err;
    std::vector<json> lines() const {
      std::vector<json> parsed;
      std::istringstream text(out);
      for (std::string line; std::getline(text, line);) parsed.push_back(json::parse(line));
      return parsed;
    }
  };

  Ended run(std::vector<std::string> words) {
    words.insert(words.begin(), ACTIONFLOW_PROGRAM);
    const std::string err = folder_ / "stderr.txt";
    ChildProcess child(words, err);
    Ended ended;
    ended.out = child.read_all(120);
    ended.code = child.wait();
    ended.err = read_file(err);
    return ended;
  }

  Ended run_in_shell(const std::string& words) {
    const std::string err = folder_ / "stderr.txt";
    ChildProcess child({"/bin/sh", "-c", std::string(ACTIONFLOW_PROGRAM) + " " + words}, err);
    Ended ended;
    ended.out = child.read_all(120);
    ended.code = child.wait();
    ended.err = read_file(err);
    return ended;
  }

  // One line of error, of this exit code.
  void expect_error(const Ended& ended, int code, const std::string& part) {
    EXPECT_EQ(ended.code, code) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr(part));
  }

  std::string text_file(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  std::string video(const std::string& name = "video.mp4", TestVideo video = {}) {
    const std::filesystem::path path = folder_ / name;
    if (!std::filesystem::exists(path)) write_test_video(path, video);
    return path;
  }

  // One network on one stream.
  std::string pipeline_of(const std::string& source, const std::string& more = {}) {
    return text_file("p.yaml", "streams: {a: '" + source + "'}\ngraph:\n  frames: {node: decode}\n" +
                                   "  clips: {node: window, from: frames}\n" +
                                   "  gesture: {node: cnn3d, from: clips, weights: " + weights_ + "}\n" +
                                   more);
  }

  TemporaryFolder folder_;
  const std::string weights_ = project_root() / "configs/weights/gesture_conv3d.safetensors";
  const std::string model_ = project_root() / "configs/models/gesture_conv3d.yaml";
};

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

TEST_F(Program, InspectShowsWhatWindowsShare) {
  const std::string model = project_root() / "configs/models/action_cnn_lstm.yaml";
  const json windows = run({"inspect", model, "--plan", "--hop", "4", "--json"}).lines().front()["windows"];
  EXPECT_EQ(windows["frames"], 20);
  EXPECT_EQ(windows["layers"][0]["name"], "stage1.conv");
  EXPECT_EQ(windows["layers"][0]["computed"], 4);
  EXPECT_EQ(windows["layers"][0]["kept"], 14);
  EXPECT_GT(windows["macs_whole_windows"].get<double>(), 3 * windows["macs"].get<double>());
  const Ended alone = run({"inspect", model_, "--plan", "--hop", "4"});
  EXPECT_THAT(alone.out, HasSubstr("windows of 30 samples, one every 4: each by itself"));
  expect_error(run({"inspect", model, "--hop", "4"}), 2, "--hop stands beside --plan");
}

TEST_F(Program, WhatTuneMeasuresIsKeptAndSaidByResults) {
  const std::string kernels = folder_ / "kernels.json";
  const Ended tuned = run({"inspect", "--plan", "--tune", "--json", "--kernels", kernels, model_});
  ASSERT_EQ(tuned.code, 0) << tuned.err;
  const json plan = tuned.lines().at(0);
  EXPECT_THAT(plan["kernels"].get<std::string>(), ::testing::StartsWith("measured "));
  const auto said = [&](const std::vector<std::string>& flags) {
    std::vector<std::string> words{"classify", "--json", "--windows", "--weights", weights_, video()};
    words.insert(words.end(), flags.begin(), flags.end());
    const Ended ended = run(words);
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.lines().back()["kernels"];
  };
  EXPECT_EQ(said({"--kernels", kernels}), plan["kernels"]);
  EXPECT_EQ(said({"--kernels", "fixed"}), "fixed");
  EXPECT_THAT(run({"inspect", "--plan", "--kernels", kernels, model_}).out, HasSubstr("(measured: "));
  EXPECT_THAT(run({"inspect", "--plan", "--kernels", "fixed", model_}).out, HasSubstr("--tune times them"));
  expect_error(run({"classify", video(), "--weights", weights_, "--kernels", "/nowhere.json"}), 4,
               "cannot open /nowhere.json");
  expect_error(run({"inspect", "--tune", model_}), 2, "--tune stands beside --plan");
  expect_error(run({"inspect", "--plan", "--tune", "--kernels", "fixed", model_}), 2, "leaves aside");
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

TEST_F(Program, UsageErrorsAreExitCodeTwo) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {},
           {"clasify"},
           {"classify"},
           {"classify", "--hop", "x", "p.yaml"},
           {"classify", "--nonsense"},
           {"classify", "--threads", "1025", video(), "--weights", weights_},
           {"classify", "--workers", "1025", video(), "--weights", weights_},
           {"classify", folder_ / "missing.yaml"},
           {"inspect"},
           {"predict", "--input", "x.npy"},
           {"convert", "one"},
           {"validate"},
           {"benchmark"}}) {
    const Ended ended = run(words);
    EXPECT_EQ(ended.code, 2) << (words.empty() ? "nothing" : words.front()) << "\n" << ended.err;
    EXPECT_EQ(ended.out, "");
    EXPECT_NE(ended.err, "");
  }
}

TEST_F(Program, HelpStandsInTheReadme) {
  const std::string readme = read_file(project_root() / "README.md");
  for (const std::string command :
       {"classify", "merge", "events", "train", "evaluate", "benchmark", "predict", "inspect", "convert",
        "explain", "validate", "generate", "init"}) {
    const Ended ended = run({command, "--help"});
    EXPECT_EQ(ended.code, 0);
    EXPECT_THAT(readme, HasSubstr(ended.out)) << "the README's section on " << command << " shows other help";
  }
}

TEST_F(Program, GeneratesADatasetOnceAFolder) {
  const std::string folder = folder_ / "set";
  const Ended made = run({"generate", folder, "--clips", "6", "--seed", "3", "--json"});
  ASSERT_EQ(made.code, 0) << made.err;
  const json line = made.lines().at(0);
  EXPECT_EQ(line["clips"], 6);
  EXPECT_EQ(line["train"], 2);
  EXPECT_EQ(line["val"], 2);
  EXPECT_EQ(line["test"], 2);
  expect_error(run({"generate", folder, "--clips", "6"}), 2, "is not empty");
  const Ended hands =
      run({"generate", folder_ / "hands", "--scene", "hands", "--clips", "37", "--threads", "2", "--json"});
  ASSERT_EQ(hands.code, 0) << hands.err;
  EXPECT_EQ(hands.lines().at(0)["others"], 3);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "hands/unknown.txt"));
  expect_error(run({"generate", folder_ / "cats", "--scene", "cats"}), 2, "people or hands");
  expect_error(run({"generate"}), 2, "expected one DIR");
  expect_error(run({"generate", folder_ / "two", "--clips", "2"}), 2, "--clips");
  expect_error(run({"generate", "/proc/nowhere/set"}), 5, "cannot be made");
}

TEST_F(Program, EveryCommandsJsonIsOneObject) {
  const Ended inspected = run({"inspect", "--json", model_});
  const Ended plan = run({"inspect", "--plan", "--json", model_});
  ASSERT_EQ(plan.code, 0) << plan.err;
  json whole = plan.lines().at(0);
  EXPECT_GT(whole["plan"].size(), 0U);
  EXPECT_TRUE(whole["plan"][0].contains("milliseconds"));
  EXPECT_TRUE(whole.contains("kernels"));
  whole.erase("plan");
  whole.erase("kernels");
  EXPECT_EQ(whole, inspected.lines().at(0));

  const std::string out = folder_ / "out.safetensors";
  const Ended converted = run({"convert", "--json", weights_, out});
  ASSERT_EQ(converted.code, 0) << converted.err;
  EXPECT_EQ(converted.lines().at(0)["output"], out);
  EXPECT_EQ(converted.lines().at(0)["model_file"], (folder_ / "out.yaml").string());

  const json form = whole["input"];
  Tensor clip({2, form["channels"], form["frames"], form["height"], form["width"]});
  write_npy(folder_ / "x.npy", clip);
  const std::string result = folder_ / "y.npy";
  const Ended predicted =
      run({"predict", "--json", "--weights", weights_, "--input", folder_ / "x.npy", "--output", result});
  ASSERT_EQ(predicted.code, 0) << predicted.err;
  EXPECT_EQ(predicted.lines(), std::vector<json>({{{"output", result}, {"shape", {2, 5}}}}));
}

TEST_F(Program, ValidatesAsJsonAnObjectAFile) {
  const std::string bad = text_file("bad.yaml", "streams: {a: a.mp4}\ngraph:\n  frames: {node: decod}\n");
  const Ended ended = run({"validate", "--json", model_, bad});
  EXPECT_EQ(ended.code, 2);
  ASSERT_EQ(ended.lines().size(), 2U);
  EXPECT_EQ(ended.lines()[0], (json{{"file", model_}, {"good", true}, {"errors", json::array()}}));
  const json line = ended.lines()[1];
  EXPECT_EQ(line["file"], bad);
  EXPECT_EQ(line["good"], false);
  EXPECT_THAT(line["errors"].at(0).get<std::string>(), StartsWith(bad + ":3:18: there is no kind of node"));
}

TEST_F(Program, ValidatesEveryFileOfTheProject) {
  const auto files_of = [](const char* folder) {
    std::vector<std::string> words{"validate"};
    for (const auto& entry : std::filesystem::directory_iterator(project_root() / folder))
      if (entry.path().extension() == ".yaml") words.push_back(entry.path());
    return words;
  };
  for (const char* folder : {"configs/models", "configs/pipelines"}) {
    const Ended ended = run(files_of(folder));
    EXPECT_EQ(ended.code, 0) << ended.err;
  }
  // Recipes name videos and weights that do not come with the program.
  std::vector<std::string> recipes = files_of("configs/training");
  recipes.insert(recipes.end(), {"data.root=" + folder_.path().string(), "init.weights=" + weights_});
  const Ended ended = run(recipes);
  EXPECT_EQ(ended.code, 0) << ended.err;
}

TEST_F(Program, SchemasInTheTreeAreThoseOfTheProgram) {
  for (const std::string kind : {"model", "pipeline", "training"}) {
    EXPECT_EQ(run({"validate", "--schema", kind}).out,
              read_file(project_root() / "configs/schema" / (kind + ".json")))
        << "build/actionflow validate --schema " << kind << " > configs/schema/" << kind << ".json";
  }
}

TEST_F(Program, PrintsTheEffectiveConfigurationWithoutSecrets) {
  setenv("ACTIONFLOW_TEST_CAMERA", "rtsp://user:secret@camera/1", 1);
  const std::string pipeline =
      text_file("p.yaml",
                "streams: {door: {source: '${ACTIONFLOW_TEST_CAMERA}'}, gate: 'rtsp://u:hidden@camera/2'}\n"
                "graph:\n  frames: {node: decode}\n  clips: {node: window, from: frames}\n"
                "  gesture: {node: cnn3d, from: clips, weights: " +
                    weights_ + "}\n");
  const Ended ended = run({"classify", "--print-config", pipeline, "defaults.transport=udp"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("transport: udp"));
  EXPECT_THAT(ended.out, HasSubstr("retry: true"));
  for (const char* secret : {"secret", "hidden"})
    EXPECT_EQ(ended.out.find(secret), std::string::npos) << ended.out;
}

TEST_F(Program, AtDebugFfmpegsLinesAreToldOnStandardErrorAndAtInfoNot) {
  const std::string video = text_file("cut.mp4", std::string("\0\0\0\x10"
                                                             "ftypisom\0\0\2\0",
                                                             16));
  for (const std::string level : {"debug", "info"}) {
    const Ended ended = run({"classify", "--log", level, video, "--weights", weights_});
    EXPECT_EQ(ended.code, 3) << ended.err;
    EXPECT_EQ(ended.err.find("moov atom not found") != std::string::npos, level == "debug") << ended.err;
    EXPECT_EQ(ended.out.find("moov"), std::string::npos) << ended.out;
  }
}

TEST_F(Program, ErrorsShowNoSecretsOfWhatWasNamed) {
  const std::string camera = "rtsp://user:secret@camera/1";
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"validate", camera},
           {"validate", "--json", camera},
           {"inspect", camera},
           {"classify", "a.mp4", "--model", camera},
           {"classify", "--unknown=" + camera},
           {"watch", camera},
           {"classify", "[" + camera + "]"},
       }) {
    const Ended ended = run(words);
    EXPECT_NE(ended.code, 0) << words[0];
    EXPECT_EQ((ended.out + ended.err).find("secret"), std::string::npos) << ended.out << ended.err;
  }
}

TEST_F(Program, ThePrintedConfigurationReadsBackInTheWorkingFolder) {
  std::filesystem::create_directories(folder_ / "sub");
  std::filesystem::copy_file(weights_, folder_ / "w.safetensors");
  const std::string pipeline = text_file("sub/p.yaml",
                                         "streams: {a: ../a.mp4}\ngraph:\n  frames: {node: decode}\n"
                                         "  clips: {node: window, from: frames}\n"
                                         "  gesture: {node: cnn3d, from: clips, weights: ../w.safetensors}\n"
                                         "  log: {node: jsonl, from: gesture, file: log.jsonl}\n");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{pipeline, "--hop", "7"},
        std::vector<std::string>{folder_ / "a.mp4", "--weights", weights_, "--model", model_, "--hop",
                                 "7"}}) {
    std::vector<std::string> first{"classify", "--print-config"};
    first.insert(first.end(), words.begin(), words.end());
    const Ended printed = run(first);
    ASSERT_EQ(printed.code, 0) << printed.err;
    EXPECT_THAT(printed.out, HasSubstr("hop: 7"));
    const Ended again = run({"classify", "--print-config", text_file("printed.yaml", printed.out)});
    EXPECT_EQ(again.code, 0) << again.err;
    EXPECT_EQ(again.out, printed.out);
  }
}

TEST_F(Program, ResultsThatCannotBeWrittenAreAFailure) {
  for (const std::string& command :
       std::vector<std::string>{"inspect " + model_, "validate --schema pipeline", "inspect --json " + model_,
                                "--version", "--help"}) {
    const Ended ended = run_in_shell(command + " >/dev/full");
    expect_error(ended, 5, "standard output: cannot be written");
  }
  for (const auto& command : all_commands()) {
    const Ended ended = run_in_shell(command->name() + " --help >/dev/full");
    expect_error(ended, 5, "standard output: cannot be written");
  }
}

TEST_F(Program, NamesTheCommandThatIsNotThere) {
  expect_error(run({"clasify", "a.mp4"}), 2, "there is no command 'clasify'");
  expect_error(run({"clasify"}), 2, "did you mean 'classify'?");
}

TEST_F(Program, BenchmarkTellsEachStagesMilliseconds) {
  const Ended ended = run({"benchmark", "--json", pipeline_of(video())});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json line = ended.lines().front();
  std::vector<std::string> stages;
  for (const auto& [stage, times] : line["stages"].items()) {
    stages.push_back(stage);
    EXPECT_GT(times["calls"], 0) << stage;
  }
  EXPECT_THAT(stages, ::testing::UnorderedElementsAre("decode", "prepare", "gesture"));
  EXPECT_GT(line["windows_per_second"], 0.0);
  EXPECT_GE(line["latency_ms"]["p99"], line["latency_ms"]["p90"]);
  EXPECT_GE(line["latency_ms"]["p90"], line["latency_ms"]["p50"]);
  EXPECT_EQ(line["precision"], "f32");
  EXPECT_GE(line["threads"], 1);
  EXPECT_FALSE(line["processor"].get<std::string>().empty());
  ASSERT_EQ(line["networks"].size(), 1U);
  EXPECT_EQ(line["networks"][0]["node"], "gesture");
  EXPECT_GT(line["networks"][0]["macs_per_second"], 0.0);
}

TEST_F(Program, BenchmarkMeasuresTheOthersWhereOneFails) {
  const std::string good = pipeline_of(video());
  const Ended ended = run({"benchmark", "--json", good, folder_ / "nope.yaml", good});
  expect_error(ended, 2, "nope.yaml");
  EXPECT_EQ(ended.lines().size(), 2U);
}

TEST_F(Program, BenchmarkReadsStandardInputOnce) {
  const std::string source = video("video.mkv", {.frames = 60});
  const Ended ended = run_in_shell("benchmark --json " + pipeline_of("-") + " <" + source);
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.lines().front()["frames"], 60);
}

}  // namespace
}  // namespace actionflow::testing
