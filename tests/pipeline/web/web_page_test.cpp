// The page of a running pipeline: its API held against its description, and the page in a real browser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "tests/pipeline/web/page_bench.h"
#include "tests/tools/full_disk.h"
#include "tests/tools/json_schema.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;

TEST_F(Page, AnswersAsItsDescriptionSays) {
  const json document = json::parse(http_get(port(), "/api/openapi.json").body);
  const json event = wait_for_event();
  const std::string number = std::to_string(event["number"].get<int>());
  const JsonSchema schema(document);
  // Each path of the description, with each answer that is named here.
  struct Asked {
    std::string path, method, target, body;
    int status;
  };
  const std::vector<Asked> all{
      {"/api/streams", "GET", "/api/streams", "", 200},
      {"/api/streams/{stream}", "PUT", "/api/streams/lane", R"({"source":"udp://127.0.0.1:9"})", 201},
      {"/api/streams/{stream}", "PUT", "/api/streams/lane", R"({"source":"udp://127.0.0.1:9"})", 204},
      {"/api/streams/{stream}", "PUT", "/api/streams/lane", "[", 400},
      {"/api/streams/{stream}", "DELETE", "/api/streams/lane", "", 204},
      {"/api/streams/{stream}", "DELETE", "/api/streams/lane", "", 404},
      {"/api/streams/{stream}/video", "GET", "/api/streams/nobody/video", "", 404},
      {"/api/settings", "GET", "/api/settings", "", 200},
      {"/api/settings", "PATCH", "/api/settings", R"({"graph":{"actions":{"end":0.005}}})", 200},
      {"/api/settings", "PATCH", "/api/settings", R"({"graph":{"actions":{"end":2}}})", 400},
      {"/api/picture", "GET", "/api/picture", "", 400},
      {"/api/picture", "GET", "/api/picture?stream=nobody", "", 404},
      {"/api/picture", "GET", "/api/picture?stream=gate", "", 204},
      {"/api/events", "GET", "/api/events?stream=door&since=1%20h&limit=3", "", 200},
      {"/api/events", "GET", "/api/events?before=" + number, "", 200},
      {"/api/events", "GET", "/api/events?since=tomorrow", "", 400},
      {"/api/events", "GET", "/api/events?limit=-1", "", 400},
      {"/api/timeline", "GET", "/api/timeline?stream=door&since=1%20h", "", 200},
      {"/api/timeline", "GET", "/api/timeline?until=tomorrow", "", 400},
      {"/api/timeline", "GET", "/api/timeline?since=0001-01-01T00:00:00Z&until=9999-01-01", "", 200},
      {"/api/events/{number}", "GET", "/api/events/" + number, "", 200},
      {"/api/events/{number}", "GET", "/api/events/999999", "", 404},
      {"/api/events/{number}/clip", "GET", "/api/events/" + number + "/clip", "", 200},
      {"/api/events/{number}/clip", "GET", "/api/events/999999/clip", "", 404},
      {"/api/events/{number}/picture", "GET", "/api/events/" + number + "/picture", "", 200},
      {"/api/events/{number}/label", "POST", "/api/events/" + number + "/label",
       R"({"label":"sit","new":true})", 200},
      {"/api/events/{number}/label", "POST", "/api/events/" + number + "/label", R"({"label":"stand"})", 400},
      {"/api/events/{number}/label", "POST", "/api/events/" + number + "/label", R"({"label":7})", 400},
      {"/api/events/{number}/label", "POST", "/api/events/" + number + "/label", "[[[[", 400},
      {"/api/events/{number}/label", "POST", "/api/events/999999/label", R"({"label":""})", 404},
      {"/api/labels", "GET", "/api/labels", "", 200},
      {"/healthz", "GET", "/healthz", "", 200},
      {"/metrics", "GET", "/metrics", "", 200}};
  std::set<std::string> seen;
  for (const Asked& asked : all) {
    const HttpReply reply = http_ask(port(), asked.method, asked.target, {}, asked.body);
    ASSERT_EQ(reply.status, asked.status) << asked.target << " " << reply.body;
    std::string method = asked.method;
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    const json& response =
        document.at("paths").at(asked.path).at(method).at("responses").at(std::to_string(asked.status));
    seen.insert(asked.path);
    if (!response.contains("content")) {
      EXPECT_EQ(reply.body, "") << asked.target;
      continue;
    }
    const json& content = response["content"];
    ASSERT_TRUE(content.contains(reply.headers.at("content-type"))) << asked.target;
    if (reply.headers.at("content-type") != "application/json") continue;
    EXPECT_EQ(schema.wrong(json::parse(reply.body), content["application/json"]["schema"]), "")
        << asked.target;
  }
  for (const auto& [path, described] : document["paths"].items()) EXPECT_TRUE(seen.contains(path)) << path;
  EXPECT_EQ(http_ask(port(), "POST", "/api/streams", {}, "x").status, 405);
  EXPECT_EQ(http_get(port(), "/api/events/" + number + "/label").status, 405);
  for (const char* strange : {"/api/events/../../etc/passwd", "/api/events/1/clip/..", "/api/events/x",
                              "/..%2f..%2fetc", "/page.html", "/api/events/99999999999999999999"})
    EXPECT_EQ(http_get(port(), strange).status, 404) << strange;
}

TEST_F(Page, TakesCamerasAndNothingElseOfThisMachine) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {R"({"source":"door.mp4","realtime":true})", "no camera"},
      {R"({"source":"file:///etc/passwd","realtime":true})", "no camera"},
      {R"({"source":"/etc/passwd"})", "no camera"},
      {R"({"source":"-"})", "no camera"},
      {R"({"source":"${HOME}"})", "expected the value itself"},
      {R"({"source":"udp://127.0.0.1:9","colour":1})", "colour"},
      {R"({"retry":true})", "source"},
      {R"("udp://127.0.0.1:9")", "JSON object"},
      {"", "JSON object"}};
  for (const auto& [body, part] : wrong) {
    const HttpReply reply = http_ask(port(), "PUT", "/api/streams/lane", {}, body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_THAT(reply.body, HasSubstr(part)) << body;
  }
  EXPECT_EQ(http_ask(port(), "PUT", "/api/streams/", {}, R"({"source":"udp://127.0.0.1:9"})").status, 400);
  EXPECT_EQ(http_ask(port(), "PUT", "/api/streams/a%2fb", {}, R"({"source":"udp://127.0.0.1:9"})").status,
            400);
  EXPECT_EQ(http_ask(port(), "POST", "/api/streams/lane", {}, "{}").status, 405);
  EXPECT_EQ(pipeline_->streams().size(), 3U);
}

TEST_F(Page, LetsAllCamerasGoButTheLast) {
  for (const char* stream : {"gate", "door"})
    EXPECT_EQ(http_ask(port(), "DELETE", std::string("/api/streams/") + stream).status, 204);
  const HttpReply last = http_ask(port(), "DELETE", "/api/streams/yard%20%3Cb%3E");
  EXPECT_EQ(last.status, 400);
  EXPECT_THAT(last.body, HasSubstr("last stream"));
  EXPECT_EQ(http_ask(port(), "PUT", "/api/streams/door", {}, R"({"source":"udp://127.0.0.1:9"})").status,
            201);
  EXPECT_EQ(http_ask(port(), "DELETE", "/api/streams/yard%20%3Cb%3E").status, 204);
  const json now = json::parse(http_get(port(), "/api/streams").body);
  ASSERT_EQ(now["streams"].size(), 1U);
  EXPECT_EQ(now["streams"][0]["name"], "door");
}

TEST_F(Page, ShowsLivePicturesOnlyWhileTheyAreAskedFor) {
  ASSERT_TRUE(look_for([&] { return http_get(port(), "/api/picture?stream=door").status == 200; }));
  const HttpReply picture = http_get(port(), "/api/picture?stream=door");
  EXPECT_EQ(picture.headers.at("content-type"), "image/jpeg");
  EXPECT_EQ(static_cast<unsigned char>(picture.body[0]), 0xFF);
  const json now = json::parse(http_get(port(), "/api/streams").body);
  EXPECT_EQ(now["streams"][0]["state"], "live");
  EXPECT_GT(now["streams"][0]["frames"], 0);
}

TEST_F(Page, GivesClipsAndKeepsCorrectionsAsListsToTrainOn) {
  const json event = wait_for_event();
  const std::string at = "/api/events/" + std::to_string(event["number"].get<int>());
  const HttpReply clip = http_get(port(), at + "/clip", {{"Range", "bytes=4-7"}});
  EXPECT_EQ(clip.status, 206);
  EXPECT_EQ(clip.body, "ftyp") << "MP4";
  const HttpReply unknown = http_ask(port(), "POST", at + "/label", {}, R"({"label":"sit down"})");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_THAT(unknown.body, HasSubstr("there is no class 'sit down', expected one of "));
  const HttpReply changed = http_ask(port(), "POST", at + "/label", {}, R"({"label":"sit down","new":true})");
  EXPECT_EQ(json::parse(changed.body)["corrected"], "sit down");
  EXPECT_EQ(text("labelled.txt"), event["clip"].get<std::string>() + " sit down\n");
  EXPECT_THAT(text("labelled_times.txt"), HasSubstr(event["clip"].get<std::string>() + " "));
  EXPECT_EQ(http_ask(port(), "POST", at + "/label", {}, R"({"label":"sit down"})").status, 200)
      << "a class by now";
  http_ask(port(), "POST", at + "/label", {}, R"({"label":null})");
  EXPECT_EQ(text("labelled.txt"), "");
}

// Kept since some days before this run.
class OldPage : public Page {
 protected:
  static constexpr int kEvents = 2000;
  OldPage() {
    EventTable table(event_file(state()));
    constexpr std::int64_t kHourNs = 3'600'000'000'000;
    const std::int64_t now = Clock::system().wall_ns();
    for (int i = 0; i < kEvents; ++i) {
      EventChange change;
      change.kind = EventChange::ended;
      change.score = 0.9F;
      change.start = 1;
      change.end = change.decided = 3;
      table.insert({"lane", "actions", "old-" + std::to_string(i), i % 10 ? "wave" : "fall", change,
                    now - 100 * kHourNs + i * kHourNs / 20, 0},
                   0, now);
    }
  }
};

TEST_F(OldPage, DrawsAllOfTheTimeAskedForInARealBrowser) {
  const json all = json::parse(http_get(port(), "/api/timeline?stream=lane").body);
  ASSERT_EQ(all["streams"].size(), 1U);
  int events = 0;
  for (const json& bar : all["streams"][0]["bars"]) events += bar["events"].get<int>();
  EXPECT_EQ(events, kEvents);
  EXPECT_LE(all["streams"][0]["bars"].size(), 2 * static_cast<std::size_t>(WebApi::kTimelineParts))
      << "falls and waves";
  const json falls = json::parse(http_get(port(), "/api/timeline?label=fall").body);
  EXPECT_EQ(falls["streams"][0]["bars"][0]["events"], 1);
  EXPECT_EQ(falls["streams"][0]["bars"][0]["label"], "fall");

  if (Browser::path().empty()) GTEST_SKIP() << "needs Chromium";
  Browser browser;
  browser.open(server_->address());
  const std::string lane = "[...document.querySelectorAll('.row')].find(row => row.textContent === 'lane')";
  const std::string choose =
      "document.querySelector('#since').value = '7 d'; document.querySelector('#since').onchange()";
  ASSERT_TRUE(browser.wait(lane));
  browser.value(choose);
  ASSERT_TRUE(
      browser.wait("Date.parse(document.querySelector('.scale span').title) < Date.now() - 6.9 * 86400e3"));
  EXPECT_TRUE(browser.wait(lane + ".querySelector('canvas').bars.length > 100"));
  const std::string strip = lane + ".querySelector('canvas')";
  EXPECT_EQ(
      browser.value("new Set(" + strip + ".bars.map(bar => bar.place().top + bar.told.split(',')[0])).size"),
      2)
      << "each class has a line of its own";
  const double left =
      browser.value(strip + ".bars[0].place().left / " + strip + ".clientWidth").get<double>();
  EXPECT_NEAR(left, (168. - 100.) / 168, 0.01);
  // Where the first bar is something is drawn, before it nothing.
  const auto painted = [&](const std::string& across) {
    return browser
        .value(
            "(strip => { const at = strip.bars[0].place(); return strip.getContext('2d').getImageData("
            "devicePixelRatio * (" +
            across + "), devicePixelRatio * (at.top + 2), 1, 1).data[3]; })(" + strip + ")")
        .get<int>();
  };
  EXPECT_TRUE(browser.wait(strip + ".width > 300"));
  EXPECT_GT(painted("at.left + 1"), 0);
  EXPECT_EQ(painted("at.left - 4"), 0);
  keep_screenshot(browser, "timeline");
  browser.value(
      "(strip => { const at = strip.bars[0].place(), box = strip.getBoundingClientRect();"
      "strip.dispatchEvent(new MouseEvent('click', {clientX: box.left + at.left + 1,"
      "clientY: box.top + at.top + 2})); })(" +
      strip + ")");
  EXPECT_TRUE(browser.wait("document.querySelector('#viewer').open"));
  EXPECT_EQ(browser.value("viewed.stream"), "lane");
  browser.press("Escape");
  browser.resize(390, 844);
  EXPECT_TRUE(browser.wait("document.documentElement.scrollWidth <= innerWidth"));
  keep_screenshot(browser, "timeline-phone");
  EXPECT_THAT(browser.problems(), ::testing::IsEmpty());
}

TEST_F(Page, FitsAPhoneWithNamesOfEightyLetters) {
  if (Browser::path().empty()) GTEST_SKIP() << "needs Chromium";
  const std::string name(80, 'w');
  changes_->put(name, R"({"source": "udp://127.0.0.1:9", "retry": true})");
  Browser browser;
  browser.resize(390, 844);
  browser.open(server_->address());
  ASSERT_TRUE(browser.wait("document.querySelector('[data-name=\"" + name + "\"]')"));
  EXPECT_TRUE(browser.wait("document.documentElement.scrollWidth <= innerWidth"));
  const std::string shown = "document.querySelector('[data-name=\"" + name + "\"] .name b')";
  EXPECT_EQ(browser.value(shown + ".title"), name) << "what does not fit can be read";
  browser.value("document.querySelector('#configure').click()");
  ASSERT_TRUE(
      browser.wait("document.querySelector('#settings').open && document.querySelector('#settings li')"));
  EXPECT_TRUE(browser.wait("document.querySelector('#settings').scrollWidth <= innerWidth"));
  keep_screenshot(browser, "names-phone");
}

TEST_F(Page, SaysThatResultsAreLost) {
  const auto health = [&] { return http_get(port(), "/healthz"); };
  ASSERT_TRUE(look_for([&] { return json::parse(health().body)["live"] == 2; }));
  EXPECT_EQ(health().status, 200);
  // Browsers start while they may write.
  std::optional<Browser> browser;
  if (!Browser::path().empty()) browser.emplace().open(server_->address());
  // Rows of events cannot be written, until the looking is over: the next row that can be is the end of it.
  std::optional<FullDisk> full(std::in_place);
  ASSERT_TRUE(look_for([&] { return health().status == 503; }));
  EXPECT_EQ(json::parse(health().body)["status"], "failing");
  const json troubles = json::parse(http_get(port(), "/api/streams").body)["troubles"];
  ASSERT_FALSE(troubles.empty());
  EXPECT_THAT(troubles[0].get<std::string>(), HasSubstr("kept cannot write: "));
  if (!browser) return;
  EXPECT_TRUE(browser->wait("document.querySelector('#reasons').textContent.includes('kept cannot write')"));
  full.reset();
  keep_screenshot(*browser, "failing");
}

TEST_F(Page, AsksOthersForNothingAndIsSmall) {
  std::size_t first_paint = 0;
  for (const char* target :
       {"/", "/page.css", "/page.js", "/timeline.js", "/settings.js", "/api/labels", "/api/streams"}) {
    const HttpReply reply = http_get(port(), target);
    EXPECT_EQ(reply.status, 200) << target;
    EXPECT_THAT(reply.headers.at("content-security-policy"), HasSubstr("default-src 'none'"));
    EXPECT_EQ(reply.headers.at("x-content-type-options"), "nosniff");
    const bool is_file = std::string(target).find("api") == std::string::npos;
    EXPECT_TRUE(!is_file || reply.body.find("://") == std::string::npos) << target;
    first_paint += reply.body.size();
  }
  EXPECT_LT(first_paint, 100'000U);
}

TEST_F(LockedPage, GivesNothingWithoutItsToken) {
  const HttpReply page = http_get(port(), "/");
  EXPECT_EQ(page.status, 401);
  EXPECT_THAT(page.body, HasSubstr("type=\"password\""));
  for (const char* target : {"/api/streams", "/api/events", "/api/picture?stream=door", "/healthz",
                             "/metrics", "/api/openapi.json", "/page.js", "/nothing"})
    EXPECT_EQ(http_get(port(), target).status, 401) << target;
  EXPECT_EQ(http_ask(port(), "POST", "/api/events/1/label", {}, R"({"label":"x"})").status, 401);
  EXPECT_EQ(http_ask(port(), "PUT", "/api/streams/x", {}, R"({"source":"udp://127.0.0.1:9"})").status, 401);
  EXPECT_EQ(http_get(port(), "/api/streams", {{"Authorization", "Bearer 0123456789abcdef"}}).status, 200);
  EXPECT_EQ(http_ask(port(), "POST", "/login", {}, "0123456789abcde").status, 401);
  const HttpReply login = http_ask(port(), "POST", "/login", {}, "0123456789abcdef");
  ASSERT_EQ(login.status, 204);
  const std::string cookie =
      login.headers.at("set-cookie").substr(0, login.headers.at("set-cookie").find(';'));
  EXPECT_EQ(http_get(port(), "/api/streams", {{"Cookie", cookie}}).status, 200);
}

TEST_F(Page, IsWatchedPlayedAndCorrectedInARealBrowser) {
  if (Browser::path().empty()) GTEST_SKIP() << "needs Chromium";
  const json event = wait_for_event();
  Browser browser;
  browser.open(server_->address());
  ASSERT_TRUE(browser.wait("document.querySelectorAll('.tile .good').length === 2"));
  EXPECT_EQ(browser.value("document.querySelectorAll('.tile b')[1].textContent"), "yard <b>")
      << "never markup";
  EXPECT_TRUE(browser.wait(
      "[...document.querySelectorAll('.tile img')].filter(img => img.naturalWidth > 0).length >= 2"));
  EXPECT_TRUE(browser.wait("document.querySelectorAll('#events button').length > 0"));
  EXPECT_TRUE(
      browser.wait("[...document.querySelectorAll('#events img')].some(img => img.naturalWidth > 0)"));
  EXPECT_TRUE(browser.wait("document.querySelectorAll('canvas.time').length > 0"));
  keep_screenshot(browser, "page");

  // By keyboard: one stop for all cards, arrows between them, Enter opens.
  browser.value("document.querySelector('#events button').focus()");
  browser.press("End");
  EXPECT_TRUE(
      browser.value("document.activeElement === document.querySelector('#events button:last-child')"));
  EXPECT_EQ(browser.value("document.querySelectorAll('#events button[tabindex=\"0\"]').length"), 1);
  const std::string card = "cards.get(" + std::to_string(event["number"].get<int>()) + ")";
  ASSERT_TRUE(browser.wait(card));
  browser.value(card + ".focus()");
  browser.press("Enter");
  ASSERT_TRUE(browser.wait("document.querySelector('dialog').open"));
  EXPECT_TRUE(browser.wait("document.querySelector('#film video')?.readyState >= 2")) << "the clip plays";
  keep_screenshot(browser, "viewer");

  browser.value(
      "document.querySelector('#right').value = ''; document.querySelector('#correction').requestSubmit()");
  EXPECT_TRUE(browser.wait("document.querySelector('#said').textContent.startsWith('Kept')"));
  EXPECT_EQ(text("labelled.txt"), "");
  EXPECT_THAT(text("labelled_times.txt"), HasSubstr(".mp4\n"));
  EXPECT_THAT(browser.value("document.querySelector('#viewer-title').textContent").get<std::string>(),
              HasSubstr("none of the classes"));
  EXPECT_TRUE(
      browser.wait("[...document.querySelectorAll('canvas.time')].some("
                   "strip => strip.bars.some(bar => bar.label === '' && bar.number === viewed.number))"));
  browser.press("Escape");
  EXPECT_TRUE(browser.wait("!document.querySelector('dialog').open"));

  for (const char* scheme : {"dark", "light"}) {
    browser.prefer(scheme);
    browser.resize(390, 844);
    EXPECT_TRUE(browser.wait("document.documentElement.scrollWidth <= innerWidth"))
        << "no scrolling sideways";
    keep_screenshot(browser, std::string("phone-") + scheme);
  }
  browser.prefer("dark");
  browser.resize(1280, 800);
  keep_screenshot(browser, "page-dark");

  EXPECT_THAT(browser.problems(), ::testing::IsEmpty());
  for (const std::string& request : browser.requests())
    EXPECT_TRUE(request.starts_with(server_->address()) || request.starts_with("data:") ||
                request == "about:blank")
        << request;
}

TEST_F(LockedPage, OpensInARealBrowserWithItsToken) {
  if (Browser::path().empty()) GTEST_SKIP() << "needs Chromium";
  Browser browser(390, 844);
  browser.open(server_->address());
  ASSERT_TRUE(browser.wait("document.querySelector('#login').onsubmit"));
  keep_screenshot(browser, "login");
  browser.value(
      "document.querySelector('#token').value = 'wrong'; document.querySelector('#login').requestSubmit()");
  EXPECT_TRUE(browser.wait("document.querySelector('#said').textContent === 'the token is wrong'"));
  browser.value(
      "document.querySelector('#token').value = '0123456789abcdef'; "
      "document.querySelector('#login').requestSubmit()");
  EXPECT_TRUE(browser.wait("document.querySelectorAll('.tile').length === 3"));
}

}  // namespace
}  // namespace actionflow::testing
