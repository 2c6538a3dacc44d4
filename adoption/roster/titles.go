package roster

// usualTitles are the rules of the program: first titles that only sound like
// others, then how high a title stands, then what it does. German words stand
// beside the English ones.
var usualTitles = []TitleRule{
	{Title: `\b(assistant|assistenz|assistentin|secretary) (to|of|der|des|to the)\b|\b(executive|personal|team|management|administrative) assistant\b|\bchief of staff\b|\bsecretary\b`, Role: "assistant", Seniority: "professional"},
	{Title: `\b(product|project|programme?|account|community|content|social media|campaign|office|case|customer success|partner|release|event|category|key account) manager(in)?\b`, Seniority: "professional"},
	{Title: `\baccount executive\b|\bsales executive\b|\bmarketing executive\b`, Seniority: "professional"},
	{Title: `\b(intern|internship|trainee|apprentice|junior|jr|graduate|working student|student|praktikant(in)?|werkstudent(in)?|auszubildende[rn]?|azubi|volontär(in)?|entry[- ]level)\b`, Seniority: "entry"},
	{Title: `\bchief\b.*\bofficer\b|\bchief\b|\bc[eftoimprsd]{1,2}o\b|\b(vice[- ]president|s?e?vp)\b|\bpresident\b|\b(co-?)?founder\b|\bmanaging (director|partner)\b|\bgeneral manager\b|\bgeschäftsführ|\bvorstand|\bgeneral counsel\b|\bpartner\b|\bowner of\b`, Seniority: "executive"},
	{Title: `\b(director|head|manager(in)?|lead|leader|supervisor|superintendent|foreman|team ?lead|(team|abteilungs|bereichs|gruppen)?leiter(in)?|leitung|principal investigator|chair)\b`, Seniority: "manager"},

	{Title: `\bproduct (manager|owner|lead|director)|\bproduktmanag|\b(head|vp|director|chief) of product\b|\bproduct officer\b`, Role: "product manager"},
	{Title: `\b(project|programme?|release) (manager|lead|director)|\bprojekt(manager|leiter)|\bscrum\b|\bagile coach\b|\bpmo\b`, Role: "project manager"},
	{Title: `\bdata (scientist|analyst|engineer)|\banalytics\b|\bmachine learning\b|\bstatistic|\bbusiness intelligence\b|\bdata\b`, Role: "data"},
	{Title: `\b(copy ?writer|writer|editor|journalist|author|texter(in)?|redakteur(in)?|content|translator|technical writer)\b`, Role: "copywriter"},
	{Title: `\bdesign|\bux\b|\bui\b|\bart director\b|\bcreative\b|\billustrator\b|\bgestalt`, Role: "designer"},
	{Title: `\b(security|infosec|ciso)\b`, Role: "security"},
	{Title: `\b(system|network|database) admin|\bsysadmin\b|\bit (support|admin|operations|specialist|manager)|\bhelp ?desk\b|\bservice desk\b`, Role: "it operations"},
	{Title: `\bsales engineer|\bsales\b|\baccount (executive|manager|director)|\bkey account|\bbusiness development|\bvertrieb`, Role: "sales"},
	{Title: `\bengineer|\bdeveloper|\bprogrammer|\bsoftware|\bdevops\b|\bsre\b|\barchitect\b|\bentwickler|\bingenieur|\bqa\b|\btester\b|\bcto\b|\btechnology officer\b|\bfull[- ]?stack|\b(front|back)[- ]?end`, Role: "engineer"},
	{Title: `\bmarket|\bbrand\b|\bseo\b|\bcampaign|\bsocial media\b|\bcommunication|\bpr\b|\bpublic relations\b|\bcmo\b`, Role: "marketing"},
	{Title: `\bcustomer|\bsupport\b|\bclient service|\bkundenservice|\bcall cent`, Role: "customer support"},
	{Title: `\brecruit|\bhuman resources\b|\bhr\b|\bpeople\b|\btalent\b|\bpersonal(referent|leiter|abteilung)|\bchro\b`, Role: "human resources"},
	{Title: `\bfinanc|\baccountant\b|\baccounting\b|\bcontroll|\bbookkeep|\btreasur|\baudit|\btax\b|\bbuchhalt|\bcfo\b|\bpayroll\b`, Role: "finance"},
	{Title: `\blegal\b|\bcounsel\b|\blawyer\b|\battorney\b|\bparalegal\b|\bcompliance\b|\bjurist|\bprivacy\b`, Role: "legal"},
	{Title: `\bconsult|\badvis[eo]r\b|\bberater`, Role: "consultant"},
	{Title: `\bresearch|\bscientist\b|\bforsch`, Role: "researcher"},
	{Title: `\b(operations|logistics|supply chain|procurement|purchas|buyer|warehouse|production|manufactur|einkauf|logistik|coo)`, Role: "operations"},
	{Title: `\b(teacher|trainer|instructor|lecturer|professor|coach)\b`, Role: "trainer"},
	{Title: `\b(nurse|physician|doctor|therapist|pharmacist|clinical)\b`, Role: "clinician"},
	{Title: `\bassist|\badministrat|\boffice\b|\bclerk\b|\breception|\bsachbearbeit`, Role: "assistant"},
	{Title: `\bmanag|\bdirector\b|\bhead\b|\bchief\b|\bpresident\b|\bfounder\b|\bceo\b|\bgeschäftsführ`, Role: "management"},
}

// usualZones are time zones of countries that have one, and of some with several
// that of most of their people.
func usualZones() map[string]string {
	zones := map[string]string{}
	for zone, countries := range map[string][]string{
		"Europe/Berlin": {"DE", "Germany", "Deutschland"}, "Europe/Vienna": {"AT", "Austria"}, "Europe/Zurich": {"CH", "Switzerland"},
		"Europe/London": {"GB", "UK", "United Kingdom"}, "Europe/Dublin": {"IE", "Ireland"}, "Europe/Paris": {"FR", "France"},
		"Europe/Madrid": {"ES", "Spain"}, "Europe/Rome": {"IT", "Italy"}, "Europe/Amsterdam": {"NL", "Netherlands"}, "Europe/Brussels": {"BE", "Belgium"},
		"Europe/Warsaw": {"PL", "Poland"}, "Europe/Prague": {"CZ", "Czechia"}, "Europe/Stockholm": {"SE", "Sweden"}, "Europe/Oslo": {"NO", "Norway"},
		"Europe/Copenhagen": {"DK", "Denmark"}, "Europe/Helsinki": {"FI", "Finland"}, "Europe/Lisbon": {"PT", "Portugal"}, "Europe/Bucharest": {"RO", "Romania"},
		"Europe/Athens": {"GR", "Greece"}, "Europe/Istanbul": {"TR", "Turkey"}, "Asia/Kolkata": {"IN", "India"}, "Asia/Tokyo": {"JP", "Japan"},
		"Asia/Seoul": {"KR", "South Korea"}, "Asia/Shanghai": {"CN", "China"}, "Asia/Singapore": {"SG", "Singapore"}, "Asia/Jerusalem": {"IL", "Israel"},
		"Asia/Dubai": {"AE", "United Arab Emirates"}, "Africa/Johannesburg": {"ZA", "South Africa"}, "America/New_York": {"US", "USA", "United States"},
		"America/Toronto": {"CA", "Canada"}, "America/Sao_Paulo": {"BR", "Brazil"}, "America/Mexico_City": {"MX", "Mexico"},
		"Australia/Sydney": {"AU", "Australia"}, "Pacific/Auckland": {"NZ", "New Zealand"},
	} {
		for _, country := range countries {
			zones[country] = zone
		}
	}
	return zones
}
