#include "base/config/config.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/base/config/config_test_structs.h"
#include "tests/test_data.h"

namespace actionflow::testing {
namespace {

using config::Override;
using config::Value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Root root_of(const std::string& yaml, const std::vector<Override>& overrides = {}) {
  return read_root(config::parse(yaml, "test.yaml", {}, overrides));
}

std::string error_of(const std::string& yaml) {
  try {
    root_of(yaml);
  } catch (const config::ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Config, LeavesDefaultsWhereNothingStands) {
  const Root root = root_of("");
  EXPECT_EQ(root.seed, 1u);
  EXPECT_THAT(root.kernel, ElementsAre(1, 1, 1));
  EXPECT_EQ(root.limit, std::nullopt);
  EXPECT_EQ(root.form.height, 4);
}

TEST(Config, ReadsEachMemberType) {
  const Root root = root_of(R"(
title: "12"
seed: 0x10
weight: 2.5e-1
weights: a/b.npz
mean: [0.1, .2, 1]
tails: [drop, align]
kernel: [3, 5, 7]
limit: 30
shares: {a: 1, b: 0.5}
streams:
  door: {source: rtsp://camera/1, hop: 4, tail: drop, retry: false}
form: {height: 8, width: 9}
forms: [{height: 1}, {height: 2}]
base: {any: [thing]}
)");
  EXPECT_EQ(root.title, "12");
  EXPECT_EQ(root.seed, 16u);
  EXPECT_FLOAT_EQ(root.weight, 0.25F);
  EXPECT_EQ(root.weights, "a/b.npz");
  EXPECT_THAT(root.mean, ElementsAre(0.1, 0.2, 1.0));
  EXPECT_THAT(root.tails, ElementsAre(Tail::drop, Tail::align));
  EXPECT_THAT(root.kernel, ElementsAre(3, 5, 7));
  EXPECT_EQ(root.limit, 30);
  EXPECT_EQ(root.shares.at("b"), 0.5);
  EXPECT_EQ(root.streams.at("door").hop, 4);
  EXPECT_FALSE(root.streams.at("door").retry);
  EXPECT_EQ(root.form.width, 9);
  ASSERT_EQ(root.forms.size(), 2u);
  EXPECT_EQ(root.forms[1].width, 2);  // check() settles what follows from other fields
  EXPECT_EQ(root.base.find("any")->items().size(), 1u);
}

TEST(Config, ReadsScalarsByTheCoreSchemaOfYaml12) {
  EXPECT_EQ(root_of("seed: 010").seed, 10u);
  EXPECT_EQ(root_of("seed: 0o10").seed, 8u);
  EXPECT_EQ(root_of("seed: +7").seed, 7u);
  EXPECT_EQ(root_of("weight: 1.").weight, 1.0F);
  EXPECT_EQ(root_of("weight: +.5").weight, 0.5F);
  EXPECT_EQ(root_of("title: yes").title, "yes");
  EXPECT_EQ(root_of("title: 2024-05-01").title, "2024-05-01");
  EXPECT_EQ(root_of("title: \"null\"").title, "null");
}

TEST(Config, TakesAScalarForAListOfOneAndForAWholeArray) {
  const Root root = root_of("mean: 0.5\nkernel: 3\ntails: drop\n");
  EXPECT_THAT(root.mean, ElementsAre(0.5));
  EXPECT_THAT(root.kernel, ElementsAre(3, 3, 3));
  EXPECT_THAT(root.tails, ElementsAre(Tail::drop));
}

TEST(Config, ReadsKeysBesideTheStructsOwnElsewhere) {
  const Value value = config::parse("{node: resize, from: frames, height: 8, widht: 2}", "test.yaml");
  const std::vector<std::string> beside{"node", "from"};
  config::Diagnostics diagnostics;
  EXPECT_EQ(config::read<Form>(value, diagnostics, beside).height, 8);
  EXPECT_EQ(diagnostics.render(),
            "test.yaml:1:41: error: unknown key 'widht', did you mean 'width'?\n"
            "  {node: resize, from: frames, height: 8, widht: 2}\n" +
                std::string(2 + 40, ' ') + "^");
}

TEST(Config, ReadsMembersByThemselves) {
  config::Diagnostics diagnostics;
  EXPECT_EQ(config::read<int>(config::make_scalar("3"), diagnostics), 3);
  EXPECT_THAT(config::read<std::vector<int>>(config::parse("[1, 2]", "x"), diagnostics), ElementsAre(1, 2));
  EXPECT_TRUE(diagnostics.empty());
  EXPECT_EQ(config::read<int>(config::make_scalar("x"), diagnostics), 0);
  EXPECT_EQ(diagnostics.render(), "error: the value is 'x', expected an integer");
}

TEST(Config, SharesWhatAnAliasNames) {
  const Root root = root_of("streams: {a: &s {source: x.mp4, hop: 3}, b: *s}");
  EXPECT_EQ(root.streams.at("b").hop, 3);
}

TEST(ConfigMessage, ShowsTheLineWithACaretUnderTheColumn) {
  EXPECT_EQ(error_of("seed: 1\nkernel: [3, 0, 3]\n"),
            "test.yaml:2:13: error: kernel[1] is 0, expected 1 to 31\n"
            "  kernel: [3, 0, 3]\n"
            "              ^");
}

TEST(ConfigMessage, ShowsTabsAsSpacesAndCountsCharacters) {
  EXPECT_EQ(error_of("shares: {größe:\tx}"),
            "test.yaml:1:17: error: shares.größe is 'x', expected a number, at least 0\n"
            "  shares: {größe: x}\n"
            "                  ^");
}

TEST(ConfigMessage, CutsALongLineAroundTheCaret) {
  const std::string text = error_of("tails: [" + std::string(3000, ' ') + "dorp]");
  EXPECT_THAT(text, HasSubstr("test.yaml:1:3009: error: tails[0] is 'dorp'"));
  EXPECT_LT(text.size(), 400u);
  const std::string caret_line = text.substr(text.rfind('\n') + 1);
  const std::string source_line = text.substr(text.find('\n') + 1);
  EXPECT_EQ(source_line.substr(caret_line.find('^'), 4), "dorp");
}

TEST(ConfigMessage, NamesTheFileAsTheUserDid) {
  try {
    config::load("no/such.yaml");
    FAIL();
  } catch (const config::ConfigError& error) {
    EXPECT_STREQ(error.what(), "no/such.yaml: error: cannot be opened: No such file or directory");
    EXPECT_EQ(error.exit_code(), ExitCode::usage);
  }
  EXPECT_THROW(config::load("/tmp"), config::ConfigError);
}

TEST(ConfigMessage, OfManyErrorsShowsAHundredAndCountsTheRest) {
  std::string yaml;
  for (int i = 0; i < 150; ++i) yaml += "no_such_key_" + std::to_string(i) + ": 1\n";
  EXPECT_THAT(error_of(yaml), HasSubstr("and 50 more errors"));
}

TEST(ConfigMerge, GoesKeyByKeyAndReplacesLists) {
  const Value under = config::parse("{a: {x: 1, y: 2}, list: [1, 2], z: 0}", "under");
  const Value over = config::parse("{a: {y: 3}, list: [4], n: 5}", "over");
  EXPECT_EQ(config::print(config::merge(under, over)), "a:\n  x: 1\n  y: 3\nlist: [4]\nz: 0\nn: 5\n");
}

TEST(ConfigMerge, TakesAnEmptyValueAsNothingSaid) {
  const Value streams = config::parse("{defaults: {retry: false}, door: }", "test.yaml");
  EXPECT_EQ(config::print(config::merge(*streams.find("defaults"), *streams.find("door"))), "retry: false\n");
}

TEST(ConfigMerge, KeepsThePlaceOfEachValue) {
  const Value defaults = config::parse("hop: 0", "defaults.yaml");
  const Value stream = config::parse("source: a.mp4", "stream.yaml");
  config::Diagnostics diagnostics;
  config::read<Stream>(config::merge(defaults, stream), diagnostics);
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(config::to_string(diagnostics.list()[0].place), "defaults.yaml:1:6");
}

TEST(ConfigPath, IsRelativeToTheFileItStandsIn) {
  const std::string yaml = "weights: w.safetensors";
  EXPECT_EQ(read_root(config::parse(yaml, "x", "configs/models")).weights, "configs/models/w.safetensors");
  EXPECT_EQ(read_root(config::parse("weights: ../w", "x", "configs/models")).weights, "configs/w");
  EXPECT_EQ(read_root(config::parse("weights: /w", "x", "configs")).weights, "/w");
}

TEST(ConfigPath, OfAnOverrideIsRelativeToTheWorkingFolder) {
  const std::vector<Override> overrides{{"weights", "w.safetensors"}};
  EXPECT_EQ(read_root(config::parse("weights: a", "x", "configs", overrides)).weights, "w.safetensors");
}

TEST(ConfigPath, MayBeEmptyOnlyWhereItIsOptional) {
  const std::vector<Override> emptied{{"beginning", ""}};
  EXPECT_EQ(read_root(config::parse("beginning: w", "x", "configs", emptied)).beginning, "");
  EXPECT_EQ(read_root(config::parse("beginning: \"\"", "x", "configs")).beginning, "");
  EXPECT_EQ(read_root(config::parse("beginning:", "x", "configs")).beginning, "");
  EXPECT_EQ(read_root(config::parse("beginning: w", "x", "configs")).beginning, "configs/w");
  EXPECT_THAT(error_of("weights: \"\""), HasSubstr("expected a path"));
}

TEST(ConfigPath, OfALoadedFileCountsFromItsFolder) {
  const std::filesystem::path folder = ::testing::TempDir();
  std::ofstream(folder / "paths.yaml") << "weights: w\n";
  EXPECT_EQ(read_root(config::load(folder / "paths.yaml")).weights, folder / "w");
}

TEST(ConfigOverride, IsToldFromAFileByItsForm) {
  Override change;
  EXPECT_TRUE(config::parse_override("streams.a-b.hop=4=5", change));
  EXPECT_EQ(change.path, "streams.a-b.hop");
  EXPECT_EQ(change.value, "4=5");
  EXPECT_TRUE(config::parse_override("_a=", change));
  for (const char* file : {"./a=b.mp4", "a b=c", "=x", "9a=1", "-a=1", "a", "", "a/b=c", "ä=1"}) {
    EXPECT_FALSE(config::parse_override(file, change)) << file;
  }
}

TEST(ConfigOverride, SetsValuesByTheirDottedPath) {
  const Root root = root_of("streams: {door: {source: a.mp4}}\nforms: [{height: 1}, {height: 2}]\n",
                            {{"streams.door.hop", "7"},
                             {"forms.1.height", "5"},
                             {"kernel", "[1, 2, 3]"},
                             {"kernel.0", "9"},
                             {"shares.new", "0.5"},
                             {"streams.yard", "{source: b.mp4}"}});
  EXPECT_EQ(root.streams.at("door").hop, 7);
  EXPECT_EQ(root.forms[1].height, 5);
  EXPECT_EQ(root.forms[0].height, 1);
  EXPECT_THAT(root.kernel, ElementsAre(9, 2, 3));
  EXPECT_EQ(root.shares.at("new"), 0.5);
  EXPECT_EQ(root.streams.at("yard").source, "b.mp4");
}

TEST(ConfigOverride, TakesAFilesNameAsItStands) {
  for (const std::string name : {"-", "take #2.mp4", "#2.mp4", "it's take\t#2.mp4", "a#b.mp4"}) {
    EXPECT_EQ(root_of("{}", {{"streams.a.source", name}}).streams.at("a").source, name);
  }
  EXPECT_EQ(root_of("{}", {{"streams.a.source", "'take #2.mp4'"}}).streams.at("a").source, "take #2.mp4");
  EXPECT_THAT(root_of("{}", {{"kernel", "[1, 2, 3] # three"}}).kernel, ElementsAre(1, 2, 3));
}

TEST(ConfigOverride, FindsKeysThatHoldDots) {
  const Root root = root_of("streams: {cam.1: {source: a.mp4}, cam: {source: b.mp4}}",
                            {{"streams.cam.1.hop", "3"}, {"streams.cam.hop", "2"}});
  EXPECT_EQ(root.streams.at("cam.1").hop, 3);
  EXPECT_EQ(root.streams.at("cam").hop, 2);
}

TEST(ConfigOverride, LeavesTheAliasedOriginalAlone) {
  const Root root = root_of("streams: {a: &s {source: x, hop: 1}, b: *s}", {{"streams.b.hop", "9"}});
  EXPECT_EQ(root.streams.at("a").hop, 1);
  EXPECT_EQ(root.streams.at("b").hop, 9);
}

class ConfigEnvironment : public ::testing::Test {
 protected:
  void SetUp() override { unsetenv("ACTIONFLOW_TEST_VALUE"); }
  void TearDown() override { unsetenv("ACTIONFLOW_TEST_VALUE"); }
};

TEST_F(ConfigEnvironment, StandsForAWholeScalarAndIsTypedAfterwards) {
  setenv("ACTIONFLOW_TEST_VALUE", "12", 1);
  EXPECT_EQ(root_of("seed: ${ACTIONFLOW_TEST_VALUE}").seed, 12u);
  EXPECT_EQ(root_of("title: ${ACTIONFLOW_TEST_VALUE}").title, "12");
  EXPECT_EQ(root_of("{seed: \"${ACTIONFLOW_TEST_VALUE}\"}").seed, 12u);
  setenv("ACTIONFLOW_TEST_VALUE", "null", 1);
  EXPECT_EQ(root_of("limit: ${ACTIONFLOW_TEST_VALUE}").limit, std::nullopt);
}

TEST_F(ConfigEnvironment, HasADefault) {
  EXPECT_EQ(root_of("seed: ${ACTIONFLOW_TEST_VALUE:5}").seed, 5u);
  EXPECT_EQ(root_of("title: ${ACTIONFLOW_TEST_VALUE:}").title, "");
  EXPECT_EQ(root_of("title: ${ACTIONFLOW_TEST_VALUE:rtsp://a:1/b}").title, "rtsp://a:1/b");
}

TEST_F(ConfigEnvironment, IsNotReadAgainForReferences) {
  setenv("ACTIONFLOW_TEST_VALUE", "${HOME}", 1);
  EXPECT_EQ(root_of("title: ${ACTIONFLOW_TEST_VALUE}").title, "${HOME}");
}

TEST_F(ConfigEnvironment, WorksInAnOverride) {
  setenv("ACTIONFLOW_TEST_VALUE", "8", 1);
  EXPECT_EQ(root_of("", {{"seed", "${ACTIONFLOW_TEST_VALUE}"}}).seed, 8u);
}

TEST_F(ConfigEnvironment, IsMaskedWherePrinted) {
  setenv("ACTIONFLOW_TEST_VALUE", "swordfish", 1);
  const Value value = config::parse(
      "title: ${ACTIONFLOW_TEST_VALUE}\n"
      "shares: {a: '${ACTIONFLOW_TEST_UNSET:3}'}\n"
      "streams: {a: {source: '${ACTIONFLOW_TEST_VALUE}', hop: 2}}\n",
      "test.yaml");
  const Root root = read_root(value);
  EXPECT_EQ(root.streams.at("a").source, "swordfish");
  for (const std::string& text : {config::print(value), config::print(root, value)}) {
    EXPECT_THAT(text, HasSubstr("title: \"***\"\n"));
    EXPECT_THAT(text, HasSubstr("  a: \"***\"\n"));
    EXPECT_THAT(text, HasSubstr("source: \"***\"\n"));
    EXPECT_THAT(text, HasSubstr("hop: 2\n"));
    EXPECT_THAT(text, Not(HasSubstr("swordfish")));
  }
}

TEST(ConfigPrint, ReadsBackAsTheSame) {
  Root root;
  root.title = "12";
  root.weights = "a: b";
  root.mean = {0.1, 1e-300, 1};
  root.tails = {Tail::drop};
  root.limit = 7;
  root.shares = {{"true", 0.25}, {"ö #", 3}};
  root.streams["door"].source = "tab\tquote\" \\ line\nend";
  root.streams["yard"].source = " leading";
  root.form.width = 5;
  root.forms.resize(2);
  root.forms[0].width = root.forms[1].width = 4;
  const std::string text = config::print(root);
  EXPECT_EQ(config::print(root_of(text)), text);
  EXPECT_EQ(root_of(text).streams.at("door").source, root.streams.at("door").source);
  EXPECT_EQ(root_of(text).mean, root.mean);
}

TEST(ConfigPrint, HidesPasswordsInAddresses) {
  const Value value = config::parse("{source: rtsp://me:secret@camera/1}", "test.yaml");
  EXPECT_EQ(config::print(value), "source: rtsp://***@camera/1\n");
}

TEST(ConfigPrint, ShowsEveryEffectiveValue) {
  config::Diagnostics diagnostics;
  const Form form = config::read<Form>(config::parse("{height: 3}", "x"), diagnostics);
  EXPECT_EQ(config::print(form), "height: 3\nwidth: 3\n");
}

TEST(DidYouMean, FindsTheNearestOrNone) {
  const std::vector<std::string> words{"filters", "kernel", "stride", "padding", "tail"};
  EXPECT_EQ(config::did_you_mean("filter", words), "filters");
  EXPECT_EQ(config::did_you_mean("kernal", words), "kernel");
  EXPECT_EQ(config::did_you_mean("STRIDE", words), "stride");
  EXPECT_EQ(config::did_you_mean("tial", words), "tail");
  EXPECT_EQ(config::did_you_mean("colour", words), "");
  EXPECT_EQ(config::did_you_mean("", words), "");
}

TEST(ConfigHelp, HasOneLineAKey) {
  EXPECT_EQ(config::help<Form>(),
            "height: integer from 1 to 4096; default 4. pixels\n"
            "width: integer from 0 to 4096; default 0. pixels, 0: as the height\n");
  EXPECT_THAT(config::help<Root>(), HasSubstr("streams.NAME.source: text; required. a file or an address\n"));
  EXPECT_THAT(config::help<Root>(), HasSubstr("kernel: list of 3 integer from 1 to 31; default [1, 1, 1]."));
}

}  // namespace
}  // namespace actionflow::testing
