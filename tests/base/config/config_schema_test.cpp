#include "base/config/schema.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/base/config/config_test_structs.h"

namespace actionflow::testing {
namespace {

using Json = nlohmann::json;

Json schema() { return Json::parse(config::json_schema<Root>()); }

TEST(ConfigSchema, SaysWhichDraftAndForbidsUnknownKeys) {
  EXPECT_EQ(schema()["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema()["type"], "object");
  EXPECT_EQ(schema()["additionalProperties"], false);
  EXPECT_EQ(schema()["properties"].size(), 14u);
}

TEST(ConfigSchema, HoldsTypesRangesDefaultsAndHelp) {
  const Json stream = schema()["properties"]["streams"]["additionalProperties"];
  EXPECT_EQ(stream["required"], Json::array({"source"}));
  EXPECT_EQ(stream["properties"]["hop"]["description"], "samples from one window's start to the next");
  EXPECT_EQ(stream["properties"]["hop"]["default"], 1);
  EXPECT_EQ(stream["properties"]["hop"]["anyOf"][0],
            Json::parse(R"({"type":"integer","minimum":1,"maximum":65536})"));
  EXPECT_EQ(stream["properties"]["rate"]["anyOf"][0],
            Json::parse(R"({"type":"number","exclusiveMinimum":0,"maximum":1000})"));
  EXPECT_EQ(stream["properties"]["tail"]["anyOf"][0]["enum"], Json::array({"align", "drop"}));
  EXPECT_EQ(stream["properties"]["tail"]["default"], "align");
}

TEST(ConfigSchema, AllowsAReferenceToTheEnvironmentWhereAScalarIsTyped) {
  const Json hop = schema()["properties"]["streams"]["additionalProperties"]["properties"]["hop"];
  EXPECT_EQ(hop["anyOf"][1]["pattern"], "^\\$\\{[A-Za-z_][A-Za-z0-9_]*(:.*)?\\}$");
}

TEST(ConfigSchema, AllowsNullForWhatIsOptionalAndAScalarForAnArray) {
  const Json limit = schema()["properties"]["limit"];
  EXPECT_EQ(limit["anyOf"][1], Json::parse(R"({"type":"null"})"));
  const Json kernel = schema()["properties"]["kernel"];
  EXPECT_EQ(kernel["anyOf"][0]["minItems"], 3);
  EXPECT_EQ(kernel["anyOf"][1]["anyOf"][0]["type"], "integer");
}

TEST(ConfigSchema, TellsKindsApartByTheirTag) {
  const config::Schema all =
      config::one_of("node", {{"form", config::schema_of<Form>()}, {"stream", config::schema_of<Stream>()}});
  const Json json = Json::parse(config::to_json(all, "graph"));
  EXPECT_EQ(json["title"], "graph");
  ASSERT_EQ(json["oneOf"].size(), 2u);
  EXPECT_EQ(json["oneOf"][1]["required"], Json::array({"node", "source"}));
  EXPECT_EQ(json["oneOf"][0]["properties"]["node"]["const"], "form");
}

}  // namespace
}  // namespace actionflow::testing
