// Configurations as they are checked, described and printed.
#include "models/formats/weight_files.h"
#include "tests/pipeline/commands/program_fixture.h"

namespace actionflow::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

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

TEST_F(Program, ValidatesTheRestOfAFileInWhichAKeyStandsTwice) {
  const std::string bad = text_file(
      "bad.yaml",
      "streams: {a: a.mp4, a: b.mp4}\ngraph:\n  frames: {node: decod}\n  clips: {node: window, hopp: 1}\n");
  const Ended ended = run({"validate", "--json", bad});
  EXPECT_EQ(ended.code, 2);
  const std::string errors = ended.lines().at(0)["errors"].dump();
  EXPECT_THAT(errors, HasSubstr(":1:21: key 'a' stands twice"));
  EXPECT_THAT(errors, HasSubstr(":3:18: there is no kind of node"));
  EXPECT_THAT(errors, HasSubstr("hopp"));
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
  // Recipes name videos that do not come with the program, and classes of these.
  for (const char* weights : {"action_cnn3d", "air_stream_hands"}) {
    const auto file = project_root() / "configs/weights" / (std::string(weights) + ".safetensors");
    for (const std::string& label : load_model(file).architecture.classes) {
      std::filesystem::create_directories(folder_ / "data" / label);
      for (int i = 0; i < 10; ++i) std::ofstream(folder_ / "data" / label / (std::to_string(i) + ".mp4"));
    }
  }
  std::vector<std::string> recipes = files_of("configs/training");
  recipes.insert(recipes.end(), {"data.root=" + (folder_ / "data").string(), "init={}", "members=1"});
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

}  // namespace
}  // namespace actionflow::testing
