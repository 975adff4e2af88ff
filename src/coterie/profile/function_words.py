"""The small words of some languages: they tell a language, and little else."""

from __future__ import annotations

__all__ = ["FUNCTION_WORDS"]

_LISTS = {
    "English": """
        a about after again all also am an and any are aren't as at be because been before being but
        by can can't cannot could couldn't did didn't do does doesn't doing don't for from get had
        has have haven't having he her here hers him his how i i'd i'll i'm i've if in into is isn't
        it it's its just let me more most my myself no nor not of off on once only or other our ours
        out over own same she should shouldn't so some such than that that's the their them then
        there these they they're this those through to too under until up us very was wasn't we
        we're were what what's when where which while who whom whose why will with won't would
        wouldn't cant dont didnt doesnt im ive isnt let's that'll they'll
        we'll wont you you'd you'll you're you've your yours yourself""",
    "Spanish": """
        a al algo como con cual cuando de del desde donde el ella ellos en entre era es esa ese eso
        esta estas este esto estos está estoy fue ha hace han hasta hay he la las le les lo los me
        mi mis mucho muy más nada ni no nos o os para pero por porque puede puedo que quien qué se
        ser si sin sobre son soy su sus sí también te tengo tiene todo tu tus un una uno unos y ya
        yo él""",
    "French": """
        ai au aux avec ce ces cet cette comme comment c'est d dans de des du elle en est et eu il
        ils j j'ai je l la le les leur lui là m ma mais me mes moi mon même n ne nos notre nous on
        ont ou où par pas peut peux plus pour pourquoi qu que quel quelle qui quoi s sa sans se ses
        si son sont suis sur ta te tes toi ton tous tout très tu un une vos votre vous y à été être
        """,
    "German": """
        aber alle als am an auch auf aus bei bin bis bist da das dass dein dem den der des die dies
        diese dieser doch du durch ein eine einem einen einer er es etwas für habe haben hat hatte
        ich ihr ihre ihren im in ist ja kann kein keine können man mein meine meinen meiner mich mir
        mit muss nach nicht noch nur ob oder ohne sein seine sich sie sind so über um und uns unser
        unter vom von vor war warum was wenn wer werden wie wir wird wo wurde zu zum zur""",
    "Italian": """
        a ad agli ai al alla alle anche avere c che chi ci come con cosa da dal dalla degli dei del
        della delle di dove e ed era essere fare gli ha hai hanno ho i il in io l la le lei lo loro
        lui ma mi mia mio molto nei nel nella noi non o per perché più poi posso quale quando quello
        questa questo qui se sei senza si sono sta su sua sul sulla suo ti tu tutti tutto un una uno
        vi voi è""",
    "Portuguese": """
        a ao aos as até com como da das de dela dele depois do dos e ela ele eles em entre era essa
        esse esta este estou está eu foi há isso isto já lhe mais mas me mesmo meu minha muito na
        nas nem no nos nossa nosso não nós o onde os ou para pela pelo por porque posso quando que
        quem se sem ser seu seus sua suas são só também te tem tenho um uma uns você vocês é à""",
    "Dutch": """
        aan al alle als bij daar dan dat de deze die dit door een en er ge geen had hebben heb heeft
        heel het hier hij hoe hun ik in is ja je jij jullie kan kunnen maar me meer met mij mijn
        moet na naar niet nog nu of om omdat onder ons ook op over te tegen tot u uit uw van veel
        voor waar waarom wanneer was wat we wel welke werd wie wij wil worden wordt zal ze zich zij
        zijn zo zou""",
}

#: Language to its function words, in lower case with straight apostrophes.
FUNCTION_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split()) for language, words in _LISTS.items()
}
