#include "pipeline/graph/description.h"
#include "models/weights/initial_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nodes/node_kinds.h"
#include "pipeline/graph/dot.h"
#include "tests/pipeline/run/graph_bench.h"

namespace actionflow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Description : public ::testing::Test {
 protected:
  // All errors of a file, "line:column message (hint)".
  std::vector<std::string> errors(const std::string& yaml, ExitCode code = ExitCode::usage) {
    try {
      bench_.describe(yaml);
    } catch (const config::ConfigError& error) {
      EXPECT_EQ(error.exit_code(), code);
      std::vector<std::string> list;
      for (const config::Diagnostic& one : error.diagnostics()) {
        list.push_back(std::to_string(one.place.line) + ":" + std::to_string(one.place.column) + " " +
                       one.message + (one.hint.empty() ? "" : " (" + one.hint + ")"));
      }
      return list;
    }
    return {};
  }

  const std::string stream_ = "streams: {a: a.mp4}\n";
  const std::string plain_ = "model: plain.yaml, random_weights: 1";
  testing::GraphBench bench_;
};

TEST_F(Description, AFileOfKernelsThatIsNoneIsOneOfAllErrors) {
  const auto found = errors(
      "options: {kernels: nowhere.json}\nstreams: {a: {source: a.mp4, speed: 3}}\n"
      "graph: {frames: {node: decode}}\n");
  EXPECT_THAT(found, ::testing::Contains(HasSubstr("1:20 cannot open ")));
  EXPECT_THAT(found, ::testing::Contains(HasSubstr("2:")));
  const std::string expected = "kernels is the text '', expected auto, fixed or a file";
  EXPECT_THAT(errors("options: {kernels: \"\"}\n" + stream_ + "graph: {frames: {node: decode}}\n"),
              ::testing::Contains(HasSubstr(expected)));
}

TEST_F(Description, ConnectsNodesInAnyOrderOfTheFile) {
  const PipelineDescription pipeline =
      bench_.describe(stream_ + "graph:\n  net: {node: cnn3d, from: clips, " + plain_ +
                      "}\n  clips: {node: window, from: frames}\n  frames: {node: decode}\n");
  ASSERT_EQ(pipeline.nodes.size(), 3U);
  EXPECT_EQ(pipeline.nodes[0].use.name, "frames");
  EXPECT_EQ(pipeline.nodes[1].use.name, "clips");
  EXPECT_EQ(pipeline.nodes[2].use.name, "net");
  EXPECT_THAT(pipeline.nodes[2].inputs, ElementsAre(1));
  EXPECT_TRUE(pipeline.nodes[2].final_result);
  EXPECT_FALSE(pipeline.nodes[1].final_result);
}

TEST_F(Description, MergesDefaultsIntoEachStream) {
  const PipelineDescription pipeline = bench_.describe(
      "defaults: {retry: false, codec_threads: 2}\n"
      "streams:\n  door: {source: rtsp://camera/1, codec_threads: 3}\n  yard: yard.mp4\n"
      "graph:\n  f: {node: decode}\n  w: {node: window, from: f}\n  n: {node: cnn3d, from: w, " +
      plain_ + "}\n");
  EXPECT_FALSE(pipeline.streams[0].source.retry);
  EXPECT_EQ(pipeline.streams[0].source.codec_threads, 3);
  EXPECT_EQ(pipeline.streams[0].source.source, "rtsp://camera/1");
  EXPECT_FALSE(pipeline.streams[1].source.retry);
  EXPECT_EQ(pipeline.streams[1].source.codec_threads, 2);
  EXPECT_EQ(pipeline.streams[1].source.source, (bench_.folder() / "yard.mp4").string());
}

TEST_F(Description, ListsEveryErrorWithItsPlace) {
  const auto list = errors(
      "streams: {a: a.mp4}\n"
      "graph:\n"
      "  frames: {node: decod}\n"
      "  clips: {node: window, from: frames, hop: 0}\n"
      "  net: {node: cnn3d, from: clip, " +
      plain_ +
      "}\n"
      "  log: {node: jsonl, from: clips, file: out.jsonl}\n");
  ASSERT_EQ(list.size(), 4U);
  EXPECT_THAT(list, ::testing::Contains(AllOf(HasSubstr("3:18 there is no kind of node 'decod'"),
                                              HasSubstr("did you mean 'decode'?"))));
  EXPECT_THAT(list, ::testing::Contains(HasSubstr("hop is 0")));
  EXPECT_THAT(list, ::testing::Contains(AllOf(HasSubstr("5:28 there is no node 'clip'"),
                                              HasSubstr("did you mean 'clips'?"))));
  EXPECT_THAT(list, ::testing::Contains("6:28 'log' takes scores or events, but 'clips' gives clips"));
}

TEST_F(Description, ListsWhatIsWrongWithStreamsAndWithEachNodeInOneRun) {
  const auto list = errors(
      "streams: {a: {source: a.mp4, mask: [[[0, 0], [2, 0], [0, 1]]]}}\n"
      "graph:\n"
      "  frames: {node: decode}\n"
      "  clips: {node: window, from: frames}\n"
      "  net: {node: cnn3d, from: clips, " +
      plain_ +
      "}\n"
      "  events: {node: events, from: net, classes: {wvae: {begin: 0.8}}}\n"
      "  log: {node: jsonl, from: nobody, file: out.jsonl}\n"
      "  again: {node: jsonl, from: events, file: out.jsonl, rotate: {keep: -1}}\n"
      "  over: {node: jsonl, from: events, file: a.mp4}\n");
  EXPECT_THAT(list, ::testing::Contains(HasSubstr("mask")));
  EXPECT_THAT(list, ::testing::Contains(HasSubstr("speaks of a class 'wvae'")));
  EXPECT_THAT(list, ::testing::Contains(HasSubstr("there is no node 'nobody'")));
  EXPECT_THAT(list, ::testing::Contains(HasSubstr("keep")));
  EXPECT_THAT(list, ::testing::Contains(HasSubstr("'over' would overwrite")));
  EXPECT_EQ(list.size(), 5U) << ::testing::PrintToString(list);
}

TEST_F(Description, NamesACycle) {
  const auto list =
      errors(stream_ + "graph:\n  a: {node: ensemble, from: b}\n  b: {node: ensemble, from: a}\n");
  ASSERT_EQ(list.size(), 1U);
  EXPECT_THAT(list[0], HasSubstr("is a cycle"));
}

TEST_F(Description, RefusesNetworksOfDifferentRatesUnderOneWindow) {
  bench_.write("slow.yaml",
               "name: slow\ninput: {channels: 3, frames: 8, frame_rate: 5, height: 16, width: 16}\n"
               "classes: 3\nlayers:\n  - global_average_pool\n  - {layer: dense, units: classes}\n");
  const auto list =
      errors(stream_ +
             "graph:\n  f: {node: decode}\n  w: {node: window, from: f}\n  quick: {node: cnn3d, from: w, " +
             plain_ + "}\n  slow: {node: cnn3d, from: w, model: slow.yaml, random_weights: 1}\n");
  ASSERT_EQ(list.size(), 1U);
  EXPECT_THAT(list[0],
              HasSubstr("'quick' takes 4 samples at 10 a second, 'slow' takes 8 samples at 5 a second"));
}

TEST_F(Description, RefusesAnEnsembleOfDifferentClasses) {
  bench_.write("other.yaml", testing::GraphBench::input("other", 4, "[left, up, stay]") +
                                 "  - global_average_pool\n  - {layer: dense, units: classes}\n");
  const auto list = errors(
      stream_ + "graph:\n  f: {node: decode}\n  w: {node: window, from: f}\n  one: {node: cnn3d, from: w, " +
      plain_ +
      "}\n  two: {node: cnn3d, from: w, model: other.yaml, random_weights: 1}\n"
      "  vote: {node: ensemble, from: [one, two]}\n");
  ASSERT_EQ(list.size(), 1U);
  EXPECT_THAT(list[0], HasSubstr("class 1 is 'right' and 'up'"));
}

TEST_F(Description, RefusesAnEnsembleOverTwoWindows) {
  const auto list = errors(stream_ +
                           "graph:\n  f: {node: decode}\n  w: {node: window, from: f}\n"
                           "  v: {node: window, from: f, hop: 1}\n  one: {node: cnn3d, from: w, " +
                           plain_ + "}\n  two: {node: cnn3d, from: v, " + plain_ +
                           "}\n  vote: {node: ensemble, from: [one, two]}\n");
  ASSERT_EQ(list.size(), 1U);
  EXPECT_THAT(list[0], HasSubstr("different window nodes"));
}

TEST_F(Description, RefusesANetworkWithoutTheCutByName) {
  const auto list = errors(stream_ +
                               "graph:\n  f: {node: decode}\n  w: {node: window, from: f}\n"
                               "  order: {node: cnn_lstm, from: w, " +
                               plain_ + "}\n",
                           ExitCode::model);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_THAT(list[0], HasSubstr("plain"));
}

TEST_F(Description, SaysWhichWeightsAreMissing) {
  const auto list = errors(stream_ +
                               "graph:\n  f: {node: decode}\n  w: {node: window, from: f}\n"
                               "  net: {node: cnn3d, from: w, weights: gone.safetensors}\n",
                           ExitCode::model);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_THAT(list[0], HasSubstr("gone.safetensors"));
}

TEST_F(Description, RefusesUnknownStreamsAndLeavesNoneUnread) {
  const auto unknown = errors(
      "streams: {door: a.mp4, yard: b.mp4}\ngraph:\n  f: {node: decode, streams: [dor]}\n"
      "  w: {node: window, from: f}\n  n: {node: cnn3d, from: w, " +
      plain_ + "}\n");
  ASSERT_EQ(unknown.size(), 1U);
  EXPECT_THAT(unknown[0], AllOf(HasSubstr("no stream 'dor'"), HasSubstr("did you mean 'door'?")));
  const auto unread = errors(
      "streams: {door: a.mp4, yard: b.mp4}\ngraph:\n  f: {node: decode, streams: [door]}\n"
      "  w: {node: window, from: f}\n  n: {node: cnn3d, from: w, " +
      plain_ + "}\n");
  ASSERT_EQ(unread.size(), 1U);
  EXPECT_THAT(unread[0], HasSubstr("no decode node takes stream 'yard'"));
}

TEST_F(Description, RefusesADecodeNodeThatNamesAStreamTwice) {
  const auto list = errors(
      "streams: {a: a.mp4, b: b.mp4}\ngraph:\n"
      "  f: {node: decode, streams: [a, a]}\n  g: {node: decode, streams: [b]}\n"
      "  w: {node: window, from: f}\n  n: {node: cnn3d, from: w, " +
      plain_ + "}\n  v: {node: window, from: g}\n  m: {node: cnn3d, from: v, " + plain_ + "}\n");
  EXPECT_THAT(list, ElementsAre(HasSubstr("3:3 'f' names stream 'a' twice, expected each once")));
}

TEST_F(Description, WarnsOfNodesThatNothingReads) {
  const PipelineDescription pipeline =
      bench_.describe(stream_ +
                      "graph:\n  f: {node: decode}\n  w: {node: window, from: f}\n"
                      "  idle: {node: window, from: f}\n  n: {node: cnn3d, from: w, " +
                      plain_ + "}\n");
  EXPECT_EQ(pipeline.nodes.size(), 3U);
  EXPECT_THAT(pipeline.warnings, ElementsAre(HasSubstr("5:3: warning: nothing reads 'idle'")));
}

TEST_F(Description, TellsOfAGraphWithoutResultsAndOfMissingParts) {
  EXPECT_THAT(errors(stream_ + "graph:\n  f: {node: decode}\n"), ElementsAre(HasSubstr("gives no results")));
  EXPECT_THAT(errors("graph:\n  f: {node: decode}\n"), ::testing::Contains(HasSubstr("streams")));
  EXPECT_THAT(errors("streams: {a: {retry: true}}\ngraph:\n  f: {node: decode}\n"),
              ::testing::Contains(HasSubstr("stream 'a' has no source")));
}

TEST_F(Description, OverridesTheHopOfEveryWindow) {
  PipelineOverrides overrides;
  overrides.hop = 7;
  EXPECT_NO_THROW(bench_.describe(stream_ +
                                      "graph:\n  f: {node: decode}\n  w: {node: window, from: f, hop: 2}\n"
                                      "  n: {node: cnn3d, from: w, " +
                                      plain_ + "}\n",
                                  overrides));
}

TEST_F(Description, RefusesToOverwriteASourceOrAnotherNodesFile) {
  bench_.write("a.mp4", "not read yet");
  const std::string graph = stream_ +
                            "graph:\n  f: {node: decode}\n  w: {node: window, from: f}\n"
                            "  n: {node: cnn3d, from: w, " +
                            plain_ + "}\n";
  EXPECT_THAT(errors(graph + "  log: {node: jsonl, from: n, file: ./a.mp4}\n"),
              ElementsAre(HasSubstr("which is the source of stream 'a'")));
  EXPECT_THAT(errors(graph + "  drawn: {node: overlay, from: [f, n], file: a.mp4}\n"),
              ElementsAre(HasSubstr("which is the source of stream 'a'")));
  EXPECT_THAT(errors(graph + "  one: {node: jsonl, from: n, file: x.jsonl}\n"
                             "  two: {node: jsonl, from: n, file: y/../x.jsonl}\n"),
              ElementsAre(HasSubstr("which is written by 'one' (line 6) too")));
  const std::string metrics = "metrics: {file: x.prom}\n";
  EXPECT_THAT(errors(metrics + graph + "  log: {node: jsonl, from: n, file: y/../x.prom}\n"),
              ElementsAre(::testing::AllOf(HasSubstr("7:3 'log' would overwrite"),
                                           HasSubstr("which is written by metrics too"))));
  EXPECT_THAT(errors(graph + "  one: {node: jsonl, from: n, file: /dev/null}\n"
                             "  two: {node: jsonl, from: n, file: /dev/null}\n"),
              ElementsAre());
}

TEST_F(Description, RefusesToOverwriteWhatThePipelineReads) {
  const std::string graph = stream_ +
                            "graph:\n  f: {node: decode}\n  w: {node: window, from: f}\n"
                            "  n: {node: cnn3d, from: w, " +
                            plain_ + "}\n";
  for (const char* file : {"plain.yaml"}) {
    SCOPED_TRACE(file);
    const std::string path = (bench_.folder() / file).string();
    ASSERT_TRUE(std::filesystem::exists(path));
    const auto read_by_network = HasSubstr("would overwrite " + path + ", which is read by 'n' (line 5)");
    EXPECT_THAT(errors(graph + "  log: {node: jsonl, from: n, file: " + path + "}\n"),
                ElementsAre(read_by_network));
    EXPECT_THAT(errors("metrics: {file: " + path + "}\n" + graph),
                ElementsAre(HasSubstr("which is read by 'n'")));
  }
  std::filesystem::create_directory(bench_.folder() / "a.mp4");  // of pictures
  EXPECT_THAT(errors(graph + "  log: {node: jsonl, from: n, file: a.mp4/1.jpg}\n"),
              ElementsAre(HasSubstr("which is the source of stream 'a'")));
  EXPECT_THAT(
      errors(graph + "  e: {node: events, from: n}\n  kept: {node: store, from: e, folder: ca.pem}\n"),
      ElementsAre());
  bench_.write("ca.pem", "");
  EXPECT_THAT(
      errors(graph + "  e: {node: events, from: n}\n  kept: {node: store, from: e, folder: ca.pem}\n"),
      ElementsAre(HasSubstr("which is a file, expected a folder")));
  EXPECT_THAT(errors(graph + "  e: {node: events, from: n}\n"
                             "  hook: {node: webhook, from: e, url: 'https://h', ca: ca.pem}\n"
                             "  log: {node: jsonl, from: e, file: ca.pem}\n"),
              ElementsAre(HasSubstr("which is read by 'hook'")));
}

TEST_F(Description, RefusesTwoSinksOnOneSpool) {
  const auto sinks = [&](const std::string& one, const std::string& two) {
    return errors(
        stream_ + "graph:\n  f: {node: decode}\n  w: {node: window, from: f}\n  n: {node: cnn3d, from: w, " +
        plain_ + "}\n  e: {node: events, from: n}\n  one: {node: mqtt, from: e, broker: 'mqtt://h'" + one +
        "}\n  two: {node: webhook, from: e, url: 'http://h'" + two + "}\n");
  };
  EXPECT_THAT(sinks("", ""), ElementsAre());
  EXPECT_THAT(sinks(", spool: {file: a.spool}", ", spool: {file: y/.././a.spool}"),
              ElementsAre(::testing::AllOf(HasSubstr("8:3 'two' would overwrite"),
                                           HasSubstr("which is written by 'one' (line 7) too"))));
  EXPECT_THAT(sinks("", ", spool: {file: " + (std::filesystem::current_path() / "one.spool").string() + "}"),
              ElementsAre(HasSubstr("'one' (line 7) too")))
      << "the name that it has where none is given";
}

// A file that is not there yet, by two names, of which only one begins at something that is.
TEST_F(Description, TakesPathsFromTheWorkingFolderForTheFilesTheyAre) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(bench_.folder());
  const std::string yaml = stream_ +
                           "graph:\n  f: {node: decode}\n  w: {node: window, from: f}\n"
                           "  n: {node: cnn3d, from: w, " +
                           plain_ +
                           "}\n  one: {node: jsonl, from: n, file: x.jsonl}\n"
                           "  two: {node: jsonl, from: n, file: ./x.jsonl}\n";
  try {
    read_pipeline(config::parse(yaml, "test.yaml", ""));
    ADD_FAILURE() << "both write to x.jsonl";
  } catch (const config::ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("which is written by 'one' (line 6) too"));
  }
  std::filesystem::current_path(before);
}

TEST_F(Description, FindsCertificatesThatAreNotThere) {
  bench_.write("ca.pem", "");
  const std::string graph = stream_ +
                            "graph:\n  f: {node: decode}\n  w: {node: window, from: f}\n"
                            "  n: {node: cnn3d, from: w, " +
                            plain_ + "}\n  e: {node: events, from: n}\n";
  EXPECT_THAT(errors(graph + "  k: {node: kafka, from: e, brokers: [h], tls: true, ca: ca.pem}\n"),
              ElementsAre());
  for (const char* sink : {"kafka, from: e, brokers: [h], tls: true", "mqtt, from: e, broker: 'mqtts://h'",
                           "webhook, from: e, url: 'https://h'"}) {
    const std::string node = "  k:\n    {node: " + std::string(sink) + ",\n    ca: ";
    EXPECT_THAT(errors(graph + node + "none.pem}\n"),
                ElementsAre(::testing::AllOf(::testing::StartsWith("9:9 ca: "),
                                             HasSubstr("none.pem: No such file or directory"))));
    EXPECT_THAT(errors(graph + node + ".}\n"), ElementsAre(HasSubstr("is a folder, expected a file in PEM")));
  }
  EXPECT_THAT(
      errors(graph + "  k: {node: mqtt, from: e, broker: 'mqtts://h', ca: ca.pem, certificate: c.pem, "
                     "key: k.pem}\n"),
      ElementsAre(HasSubstr("certificate: "), HasSubstr("key: ")));
}

TEST_F(Description, WarnsOfPasswordsInTheClear) {
  const auto warnings = [&](const std::string& sink) {
    return bench_
        .describe(stream_ +
                  "graph:\n  f: {node: decode}\n  w: {node: window, from: f}\n  n: {node: cnn3d, from: w, " +
                  plain_ + "}\n  e: {node: events, from: n}\n  k: {from: e, node: " + sink + "}\n")
        .warnings;
  };
  for (const char* told :
       {"mqtt, broker: 'mqtt://u:secret@h'", "mqtt, broker: 'mqtt://h', user: u, password: secret",
        "kafka, brokers: [h], user: u, password: secret", "webhook, url: 'http://u:secret@h/'",
        "webhook, url: 'http://h/@', headers: {authorization: secret}"})
    EXPECT_THAT(
        warnings(told),
        ElementsAre(::testing::AllOf(
            HasSubstr("test.yaml:7:3: warning: the password goes to its receiver in the clear, expected"),
            ::testing::Not(HasSubstr("secret")))))
        << told;
  for (const char* hidden : {"mqtt, broker: 'mqtt://h'", "mqtt, broker: 'mqtts://u:secret@h'",
                             "kafka, brokers: [h], tls: true, user: u, password: secret",
                             "kafka, brokers: [h], user: u, password: secret, mechanism: SCRAM-SHA-256",
                             "webhook, url: 'https://u:secret@h/', headers: {Authorization: secret}",
                             "webhook, url: 'http://h/@', secret: secret"})
    EXPECT_THAT(warnings(hidden), ElementsAre()) << hidden;
}

TEST_F(Description, RefusesStreamsWhoseVideosWouldHaveOneName) {
  EXPECT_THAT(
      errors("streams: {x/y: a.mp4, x_y: b.mp4}\n"
             "graph:\n  f: {node: decode}\n  w: {node: window, from: f}\n  n: {node: cnn3d, from: w, " +
             plain_ + "}\n  drawn: {node: overlay, from: [f, n], file: v.mp4}\n"),
      ElementsAre(HasSubstr("which would hold two streams")));
}

TEST_F(Description, RefusesAVideoWhoseSuffixNamesNoContainer) {
  EXPECT_THAT(errors(stream_ +
                     "graph:\n  f: {node: decode}\n  w: {node: window, from: f}\n"
                     "  n: {node: cnn3d, from: w, " +
                     plain_ + "}\n  drawn: {node: overlay, from: [f, n], file: v.xyz}\n"),
              ElementsAre(HasSubstr("v.xyz: the suffix names no video container")));
}

TEST_F(Description, NamesStreamsThatCanNeverBeOpenedOrNamed) {
  EXPECT_THAT(
      errors("streams: {x: 'ftp://host/a.mp4', '': a.mp4, \"y\\nz\": a.mp4, ..: a.mp4, a/b: a.mp4}\n"
             "graph:\n  f: {node: decode}\n  w: {node: window, from: f}\n  n: {node: cnn3d, from: w, " +
             plain_ + "}\n"),
      ElementsAre(HasSubstr("stream 'x': ftp:// is not opened"),
                  HasSubstr("'' is no name of a stream, expected a word"),
                  HasSubstr("is no name of a stream"), HasSubstr("'..' is no name of a stream")));
}

TEST_F(Description, LetsOneStreamReadStandardInput) {
  EXPECT_THAT(
      errors("streams: {x: '-', y: '-'}\n"
             "graph:\n  f: {node: decode}\n  w: {node: window, from: f}\n  n: {node: cnn3d, from: w, " +
             plain_ + "}\n"),
      ElementsAre(HasSubstr("stream 'y' reads standard input, expected one stream to do so")));
}

TEST_F(Description, DrawsTheGraphWithoutCredentials) {
  const std::string dot =
      to_dot(bench_.describe("streams: {door: rtsp://user:secret@camera/1}\ngraph:\n  f: {node: decode}\n  "
                             "w: {node: window, from: f}\n"
                             "  n: {node: cnn3d, from: w, " +
                             plain_ + "}\n"));
  EXPECT_THAT(dot, HasSubstr("\"f\" -> \"w\" [label=frames]"));
  EXPECT_THAT(dot, HasSubstr("\"w\" -> \"n\" [label=clips]"));
  EXPECT_THAT(dot, HasSubstr("\"stream door\" -> \"f\""));
  EXPECT_EQ(dot.find("secret"), std::string::npos);
}

TEST_F(Description, SchemaKnowsEveryKindOfNode) {
  const std::string schema = pipeline_schema();
  for (const NodeKind& kind : node_kinds()) EXPECT_THAT(schema, HasSubstr("\"" + kind.name + "\""));
}

TEST_F(Description, PicksTheKindOfNodeThatSuitsTheNetwork) {
  const auto kinds_over = [&](const std::string& file) {
    Architecture architecture = load_architecture(bench_.folder() / file);
    Weights weights = initial_weights(architecture, 1);
    const auto model = std::make_shared<const Model>(Model{std::move(architecture), std::move(weights)});
    std::vector<std::string> kinds;
    for (const NodeDescription& node : pipeline_over({"a.mp4", "a.mp4"}, model).nodes)
      kinds.push_back(node.kind->name);
    return kinds;
  };
  const auto kind_over = [&](const std::string& file) { return kinds_over(file).at(2); };
  EXPECT_EQ(kind_over("plain.yaml"), "cnn3d");
  EXPECT_EQ(kind_over("recurrent.yaml"), "cnn_lstm");
  EXPECT_EQ(kind_over("branches.yaml"), "fusion_3d2d");
  EXPECT_EQ(kinds_over("plain.yaml").size(), 3U);
  EXPECT_EQ(kinds_over("stream.yaml").back(), "events");
  EXPECT_EQ(kind_over("stream.yaml"), "cnn_lstm");
}

}  // namespace
}  // namespace actionflow
