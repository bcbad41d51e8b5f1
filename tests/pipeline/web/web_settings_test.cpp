// What is changed on the page while a pipeline runs, kept for the next run; and the live videos.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/pipeline/web/page_bench.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Settings : public Page {
 protected:
  HttpReply patch(const std::string& body) const {
    return http_ask(port(), "PATCH", "/api/settings", {}, body);
  }
  json settings() const { return json::parse(http_get(port(), "/api/settings").body); }
  // As a program that is started now would have them.
  PipelineDescription next_run() const { return describe(SavedSettings(saved_.file()).value()); }
  std::vector<std::string> next_streams() const {
    std::vector<std::string> names;
    for (const StreamDescription& stream : next_run().streams) names.push_back(stream.name);
    return names;
  }
  const EventOptions& next_options(const PipelineDescription& description) const {
    for (const NodeDescription& node : description.nodes)
      if (node.use.name == "actions") return *node.node->event_options();
    throw std::runtime_error("no node of events");
  }
  bool none_under_way() const {
    const json now = json::parse(http_get(port(), "/api/streams").body);
    for (const json& stream : now["streams"])
      if (!stream["event"].is_null()) return false;
    return true;
  }
  std::int64_t events() const {
    std::int64_t sum = 0;
    for (const StreamView& stream : pipeline_->streams()) sum += stream.events;
    return sum;
  }
  std::int64_t windows() const { return pipeline_->progress().windows(); }
};

TEST_F(Settings, ThresholdsHoldFromNowOnAndForTheNextRun) {
  ASSERT_TRUE(look_for([&] { return !none_under_way(); }));
  const HttpReply reply = patch(R"({"graph":{"actions":{"begin":1,"end":1,"none":["left"]}}})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json now = json::parse(reply.body);
  EXPECT_EQ(now["graph"]["actions"]["begin"], 1);
  EXPECT_EQ(now["graph"]["actions"]["none"], json({"left"}));
  EXPECT_EQ(now["file"], "pipeline.settings.json");
  EXPECT_EQ(now["labels"]["actions"], json({"left", "right", "stay"}));
  ASSERT_TRUE(look_for([&] { return none_under_way(); })) << "what was under way is over";
  const std::int64_t before = events(), seen = windows();
  ASSERT_TRUE(look_for([&] { return windows() > seen + 20; }));
  EXPECT_EQ(events(), before) << "and nothing begins";
  const PipelineDescription next = next_run();
  EXPECT_EQ(next_options(next).begin, 1);
  EXPECT_TRUE(next_options(next).is_none("left"));
  EXPECT_TRUE(next.warnings.empty());

  ASSERT_EQ(patch(R"({"graph":{"actions":{"begin":null,"end":null,"none":null}}})").status, 200);
  EXPECT_EQ(settings()["graph"]["actions"]["begin"], 0.01) << "as the file has it";
  EXPECT_TRUE(look_for([&] { return !none_under_way(); }));
}

TEST_F(Settings, TheLookOfVideosIsOneOfThem) {
  const json now = json::parse(patch(R"({"web":{"overlay":{"classes":1}}})").body);
  EXPECT_EQ(now["web"]["overlay"]["classes"], 1);
  EXPECT_EQ(now["web"]["overlay"]["size"], 1);
  EXPECT_EQ(next_run().look, (OverlayLook{1, 1}));
}

TEST_F(Settings, WrongOnesAreToldAndChangeNothing) {
  const json before = settings();
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"[", "no JSON object"},
      {R"({"graph":{"actions":{"begin":2}}})", "begin is 2, expected 0 to 1"},
      {R"({"graph":{"actions":{"beginn":0.5}}})", "beginn"},
      {R"({"graph":{"actions":{"none":["lefd"]}}})", "did you mean 'left'?"},
      {R"({"graph":{"actions":{"from":"frames"}}})", "in the pipeline file only"},
      {R"({"graph":{"clips":{"hop":4}}})", "no node 'clips' whose options may change"},
      {R"({"graph":{"kept":{"folder":"/"}}})", "no node 'kept' whose options may change"},
      {R"({"web":{"token":"x"}})", "in the pipeline file only"},
      {R"({"web":{"overlay":{"classes":"${HOME}"}}})", "no JSON object"},
      {R"({"streams":{}})", "no setting 'streams'"}};
  for (const auto& [body, part] : wrong) {
    const HttpReply reply = patch(body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_THAT(json::parse(reply.body)["error"].get<std::string>(), HasSubstr(part)) << body;
  }
  EXPECT_EQ(settings(), before);
  EXPECT_FALSE(std::filesystem::exists(saved_.file()));
}

TEST_F(Settings, CamerasThatWereAddedAndRemovedAreSoInTheNextRun) {
  const auto put = [&](const std::string& body) {
    return http_ask(port(), "PUT", "/api/streams/lane", {}, body).status;
  };
  EXPECT_EQ(put(R"({"source":"rtsp://user:secret@127.0.0.1:9/1","realtime":false})"), 201);
  EXPECT_EQ(http_ask(port(), "DELETE", "/api/streams/gate").status, 204);
  EXPECT_THAT(next_streams(), ::testing::ElementsAre("door", "yard <b>", "lane"));
  EXPECT_THAT(next_run().warnings, ::testing::ElementsAre(HasSubstr("stream 'gate' was removed")));
  struct stat mode {};
  ASSERT_EQ(stat(saved_.file().c_str(), &mode), 0);
  EXPECT_EQ(mode.st_mode & 0777, 0600) << "addresses hold passwords";

  // What is shown of an address may come back.
  json lane = settings()["streams"]["lane"];
  EXPECT_THAT(lane["source"].get<std::string>(), Not(HasSubstr("secret")));
  lane["transport"] = "udp";
  EXPECT_EQ(put(lane.dump()), 204);
  EXPECT_EQ(next_run().streams.back().source.source, "rtsp://user:secret@127.0.0.1:9/1");
  EXPECT_EQ(next_run().streams.back().source.transport, RtspTransport::udp);

  EXPECT_EQ(http_ask(port(), "DELETE", "/api/streams/lane").status, 204);
  EXPECT_THAT(next_streams(), ::testing::ElementsAre("door", "yard <b>"));
  EXPECT_EQ(SavedSettings(saved_.file()).value().find("removed")->items().size(), 1)
      << "what never stood in the file may be added to it";

  saved_.forget_removed_but({"door", "gate"});
  EXPECT_THAT(next_streams(), ::testing::ElementsAre("door", "yard <b>"));
  saved_.forget_removed_but({"door"});
  EXPECT_THAT(next_streams(), ::testing::ElementsAre("door", "yard <b>", "gate"))
      << "gone from the file in the meantime, and back";
}

TEST_F(Settings, OfWhatIsGoneFromTheFileArePassedOver) {
  patch(R"({"graph":{"actions":{"begin":0.5}}})");
  yaml_.replace(yaml_.find("actions: {"), 7, "deeds");
  yaml_.replace(yaml_.find("from: actions"), 13, "from: deeds");
  const PipelineDescription next = next_run();
  ASSERT_EQ(next.warnings.size(), 1U);
  EXPECT_THAT(next.warnings.front(), HasSubstr("no node 'actions' any more"));
}

std::size_t pictures_in(const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find("--picture\r\n", at)) != std::string::npos; ++at) ++count;
  return count;
}

std::string video_request(int port) {
  return "GET /api/streams/door/video HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n\r\n";
}

TEST_F(Settings, VideosGoOnWhileTheyAreWatchedAndAreBounded) {
  std::vector<Connected> watching;
  for (int i = 0; i < StreamApi::kMostVideos; ++i) {
    watching.emplace_back(port());
    watching.back().send(video_request(port()));
    const std::string came =
        watching.back().receive_until([](const std::string& text) { return pictures_in(text) >= 2; });
    EXPECT_THAT(came, HasSubstr("multipart/x-mixed-replace; boundary=picture"));
    EXPECT_THAT(came, HasSubstr("Content-Type: image/jpeg"));
    ASSERT_GE(pictures_in(came), 2U);
  }
  EXPECT_EQ(http_get(port(), "/api/streams/door/video").status, 503);
  EXPECT_EQ(http_get(port(), "/healthz").status, 200) << "nobody is kept out";
  watching.clear();
  EXPECT_TRUE(look_for([&] {
    const Connected again(port());
    again.send(video_request(port()));
    return again.receive_until([](const std::string& text) { return text.find("\r\n") != text.npos; })
        .starts_with("HTTP/1.1 200");
  })) << "those that left are noticed";
}

TEST_F(Settings, AreMadeInARealBrowser) {
  if (Browser::path().empty()) GTEST_SKIP() << "needs Chromium";
  Browser browser;
  browser.open(server_->address());
  ASSERT_TRUE(browser.wait("document.querySelectorAll('.tile .good').length === 2"));
  browser.value("document.querySelector('.tile .live').focus()");
  browser.press("Enter");
  ASSERT_TRUE(browser.wait("document.querySelector('#watch').open"));
  EXPECT_TRUE(browser.wait("document.querySelector('#watch img')?.naturalWidth > 0"));
  keep_screenshot(browser, "watch");
  browser.press("Escape");
  EXPECT_TRUE(browser.wait("!document.querySelector('#watch img')"));

  browser.value("document.querySelector('#configure').focus()");
  browser.press("Enter");
  ASSERT_TRUE(browser.wait("document.querySelector('#settings').open"));
  EXPECT_EQ(browser.value("document.querySelectorAll('#streams li').length"), 3);
  keep_screenshot(browser, "settings");
  browser.value(
      "document.querySelector('#nodes input[type=checkbox]').checked = false;"
      "document.querySelector('#nodes input[type=number]').value = 0.7;"
      "document.querySelector('#nodes form').requestSubmit()");
  EXPECT_TRUE(browser.wait("document.querySelector('#told').textContent.startsWith('Kept')"))
      << browser.value("document.querySelector('#told').textContent");
  EXPECT_EQ(next_options(next_run()).begin, 0.7);
  EXPECT_TRUE(next_options(next_run()).is_none("left"));
  EXPECT_FALSE(next_options(next_run()).is_none("right"));
  EXPECT_EQ(browser.value("document.querySelector('#nodes td input[type=number]').value"), "") << "not 0";

  browser.value(
      "document.querySelector('#camera-name').value = 'lane';"
      "document.querySelector('#camera-source').value = 'udp://127.0.0.1:9';"
      "document.querySelector('#camera').requestSubmit()");
  EXPECT_TRUE(browser.wait("document.querySelectorAll('#streams li').length === 4"));
  EXPECT_TRUE(browser.wait("document.querySelector('#told').textContent === 'lane is added.'"));
  browser.value("document.querySelector('#streams li:last-child button:last-child').click()");
  EXPECT_TRUE(browser.wait("document.querySelectorAll('#streams li').length === 3"));
  browser.value(
      "document.querySelector('#look-classes').value = 1; document.querySelector('#look').requestSubmit()");
  EXPECT_TRUE(browser.wait("settings.web.overlay.classes === 1"));

  for (const char* scheme : {"dark", "light"}) {
    browser.prefer(scheme);
    browser.resize(390, 844);
    EXPECT_TRUE(browser.wait("document.querySelector('#settings').scrollWidth <= innerWidth"))
        << "no scrolling sideways";
    keep_screenshot(browser, std::string("settings-phone-") + scheme);
  }
  EXPECT_THAT(browser.problems(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace actionflow::testing
