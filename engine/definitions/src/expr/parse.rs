//! Text to syntax tree: operators by precedence on explicit stacks, recursion only where something is nested.
use super::{
    Span,
    ast::{Ast, AstKind, Operator, Word},
    error::ExprError,
    lex::{Token, tokens},
};

/// Characters an expression may have.
pub const MAX_CHARACTERS: usize = 10_000;
/// How deep parentheses, calls, lists, conditions, closures and prefix operators may be nested.
pub const MAX_DEPTH: usize = 32;
/// How high the whole tree may be, operators in a row included; keeps every reader of the tree within its stack.
pub const MAX_HEIGHT: usize = 100;
/// Words that cannot name a field.
pub const KEYWORDS: [&str; 6] = ["true", "false", "null", "if", "else", "in"];
/// Findings after which a parse gives up.
const MAX_FINDINGS: usize = 20;

/// The mistake is already among the findings.
struct Reported;

type Parsed<T> = Result<T, Reported>;

struct Parser {
    tokens: Vec<(Token, Span)>,
    at: usize,
    depth: usize,
    errors: Vec<ExprError>,
}

/// Reads an expression. On failure the findings are in the order of the text, never none.
pub fn parse(text: &str) -> Result<Ast, Vec<ExprError>> {
    if text.chars().nth(MAX_CHARACTERS).is_some() {
        let span = Span { start: 0, end: text.len() };
        return Err(vec![
            ExprError::new(
                "too_long",
                span,
                format!("表达式超过 {MAX_CHARACTERS} 个字符"),
                format!("an expression has at most {MAX_CHARACTERS} characters"),
            )
            .hint("请拆成几个公式字段", "split it into several formula fields"),
        ]);
    }
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, errors: Vec::new() };
    match parser.whole() {
        Ok(ast) if parser.errors.is_empty() => Ok(ast),
        Ok(_) | Err(Reported) => Err(parser.errors),
    }
}

impl Parser {
    fn whole(&mut self) -> Parsed<Ast> {
        if *self.peek() == Token::End {
            let error = ExprError::new("empty_expression", self.span(), "表达式为空", "the expression is empty");
            return self.fail(error.hint("请填写表达式, 例如 total > 1000", "write one, for example total > 1000"));
        }
        let ast = self.expression()?;
        if *self.peek() == Token::End { Ok(ast) } else { self.unexpected() }
    }

    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |(token, _)| token)
    }

    fn span(&self) -> Span {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(Span::default(), |(_, span)| *span)
    }

    fn advance(&mut self) -> (Token, Span) {
        let next = self.tokens.get(self.at).cloned().unwrap_or((Token::End, self.span()));
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        next
    }

    fn eat(&mut self, token: &Token) -> bool {
        let found = self.peek() == token;
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, token: &Token, written: &str) -> Parsed<Span> {
        if self.peek() == token {
            return Ok(self.advance().1);
        }
        let (zh, en) = describe(self.peek());
        let error = ExprError::new(
            "unexpected_token",
            self.span(),
            format!("此处应为 {written}, 实际是{zh}"),
            format!("expected {written}, found {en}"),
        );
        self.fail(error.hint(format!("请补上 {written}"), format!("add {written}")))
    }

    fn fail<T>(&mut self, error: ExprError) -> Parsed<T> {
        self.errors.push(error);
        Err(Reported)
    }

    fn unexpected<T>(&mut self) -> Parsed<T> {
        let (zh, en) = describe(self.peek());
        let error =
            ExprError::new("unexpected_token", self.span(), format!("这里不应出现{zh}"), format!("{en} does not fit here"));
        let hinted = match self.peek() {
            Token::Name(name) => match name.to_ascii_lowercase().as_str() {
                "and" => error.hint("\"并且\"写作 &&", "\"and\" is written &&"),
                "or" => error.hint("\"或者\"写作 ||", "\"or\" is written ||"),
                "not" => error.hint("\"非\"写作 !", "\"not\" is written !"),
                _ => error.hint("请检查前面是否缺少运算符", "an operator may be missing before it"),
            },
            Token::Pipe => error
                .hint("|l| … 只能用作 lines.sum(…) 等汇总的参数", "|l| … stands only inside an aggregate such as lines.sum(…)"),
            _ => error.hint("请补全或删除这一部分", "complete or remove this part"),
        };
        self.fail(hinted)
    }

    fn too_deep<T>(&mut self, span: Span) -> Parsed<T> {
        // Nothing after this is worth reading, and a flood of findings would help nobody.
        self.at = self.tokens.len().saturating_sub(1);
        let error = ExprError::new(
            "too_deep",
            span,
            format!("表达式嵌套过深 (最多 {MAX_DEPTH} 层, 连续运算最多 {MAX_HEIGHT} 个)"),
            format!("the expression is nested too deeply (at most {MAX_DEPTH} levels, {MAX_HEIGHT} operators in a row)"),
        );
        self.fail(error.hint(
            "请拆成几个公式字段, 多个取值用 in [...]",
            "split it into several formula fields; use in [...] for many values",
        ))
    }

    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return self.too_deep(self.span());
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn node(&mut self, kind: AstKind, span: Span) -> Parsed<Ast> {
        let height = 1 + children(&kind).into_iter().map(|child| child.height).max().unwrap_or(0);
        if height > MAX_HEIGHT { self.too_deep(span) } else { Ok(Ast { kind, span, height }) }
    }

    fn expression(&mut self) -> Parsed<Ast> {
        let mut operands = vec![self.operand()?];
        let mut operators: Vec<Operator> = Vec::new();
        while let Token::Operator(next) = *self.peek() {
            while operators.last().is_some_and(|last| last.precedence() >= next.precedence()) {
                self.reduce(&mut operands, &mut operators)?;
            }
            self.advance();
            operators.push(next);
            operands.push(self.operand()?);
        }
        while !operators.is_empty() {
            self.reduce(&mut operands, &mut operators)?;
        }
        operands.pop().ok_or(Reported)
    }

    fn reduce(&mut self, operands: &mut Vec<Ast>, operators: &mut Vec<Operator>) -> Parsed<()> {
        if let (Some(operator), Some(right), Some(left)) = (operators.pop(), operands.pop(), operands.pop()) {
            let span = Span { start: left.span.start, end: right.span.end };
            let kind = AstKind::Binary { operator, left: Box::new(left), right: Box::new(right) };
            operands.push(self.node(kind, span)?);
        }
        Ok(())
    }

    /// Prefix operators, then a value with what follows it by dots.
    fn operand(&mut self) -> Parsed<Ast> {
        let mut prefixes = Vec::new();
        while matches!(self.peek(), Token::Not | Token::Operator(Operator::Subtract)) {
            if self.depth + prefixes.len() >= MAX_DEPTH {
                return self.too_deep(self.span());
            }
            prefixes.push(self.advance());
        }
        let mut ast = self.primary()?;
        while self.eat(&Token::Dot) {
            ast = self.member(ast)?;
        }
        for (token, span) in prefixes.into_iter().rev() {
            let span = Span { start: span.start, end: ast.span.end };
            let kind = if token == Token::Not { AstKind::Not(Box::new(ast)) } else { AstKind::Negate(Box::new(ast)) };
            ast = self.node(kind, span)?;
        }
        Ok(ast)
    }

    fn member(&mut self, of: Ast) -> Parsed<Ast> {
        let Token::Name(text) = self.peek().clone() else { return self.unexpected() };
        let (_, span) = self.advance();
        let name = Word { text, span };
        let start = of.span.start;
        if *self.peek() != Token::OpenParen {
            return self.node(AstKind::Member { of: Box::new(of), name }, Span { start, end: span.end });
        }
        let (arguments, end) = self.arguments(&Token::CloseParen, ")", true)?;
        self.node(AstKind::Method { of: Box::new(of), name, arguments }, Span { start, end })
    }

    fn primary(&mut self) -> Parsed<Ast> {
        let span = self.span();
        let kind = match self.peek().clone() {
            Token::Number(number) => AstKind::Number(number),
            Token::Text(text) => AstKind::Text(text),
            Token::True => AstKind::Bool(true),
            Token::False => AstKind::Bool(false),
            Token::Null => AstKind::Null,
            Token::Parameter(name) => AstKind::Parameter(name),
            Token::Name(name) => return self.name(name),
            Token::OpenParen => return self.nested(Self::parenthesis),
            Token::OpenBracket => {
                let (items, end) = self.arguments(&Token::CloseBracket, "]", false)?;
                return self.node(AstKind::List(items), Span { start: span.start, end });
            }
            Token::If => return self.nested(Self::condition),
            Token::Operator(_)
            | Token::Else
            | Token::Not
            | Token::CloseParen
            | Token::CloseBracket
            | Token::OpenBrace
            | Token::CloseBrace
            | Token::Comma
            | Token::Dot
            | Token::Pipe
            | Token::End => return self.unexpected(),
        };
        self.advance();
        self.node(kind, span)
    }

    fn name(&mut self, text: String) -> Parsed<Ast> {
        let (_, span) = self.advance();
        if *self.peek() != Token::OpenParen {
            return self.node(AstKind::Name(text), span);
        }
        let (arguments, end) = self.arguments(&Token::CloseParen, ")", true)?;
        self.node(AstKind::Call { name: Word { text, span }, arguments }, Span { start: span.start, end })
    }

    fn parenthesis(&mut self) -> Parsed<Ast> {
        let (_, open) = self.advance();
        if *self.peek() == Token::CloseParen {
            let (_, close) = self.advance();
            return self.node(AstKind::Null, Span { start: open.start, end: close.end });
        }
        let inner = self.expression()?;
        let close = self.expect(&Token::CloseParen, ")")?;
        Ok(Ast { span: Span { start: open.start, end: close.end }, ..inner })
    }

    /// What stands between an opening bracket, which is read here, and its closing one; the end of that one.
    fn arguments(&mut self, close: &Token, written: &str, closures: bool) -> Parsed<(Vec<Ast>, usize)> {
        self.nested(|parser| {
            parser.advance();
            let mut items = Vec::new();
            let mut failed = false;
            while parser.peek() != close {
                let item = if closures && *parser.peek() == Token::Pipe { parser.closure() } else { parser.expression() };
                match item {
                    Ok(item) => items.push(item),
                    Err(Reported) => {
                        failed = true;
                        parser.skip_item(close);
                    }
                }
                if !parser.eat(&Token::Comma) {
                    break;
                }
            }
            // After a mistake inside, a missing bracket is most likely its consequence.
            let end = if failed && parser.peek() != close { return Err(Reported) } else { parser.expect(close, written)?.end };
            if failed { Err(Reported) } else { Ok((items, end)) }
        })
    }

    /// Moves to the comma or bracket that ends a broken item, so that the mistakes of its neighbours are found too.
    fn skip_item(&mut self, close: &Token) {
        let mut open = 0_usize;
        while self.errors.len() < MAX_FINDINGS {
            let token = self.peek();
            match token {
                Token::End => return,
                Token::Comma if open == 0 => return,
                _ if open == 0 && token == close => return,
                Token::OpenParen | Token::OpenBracket | Token::OpenBrace => open += 1,
                Token::CloseParen | Token::CloseBracket | Token::CloseBrace => open = open.saturating_sub(1),
                _ => {}
            }
            self.advance();
        }
        self.at = self.tokens.len().saturating_sub(1);
    }

    fn closure(&mut self) -> Parsed<Ast> {
        let (_, open) = self.advance();
        let Token::Name(text) = self.peek().clone() else { return self.unexpected() };
        let (_, span) = self.advance();
        self.expect(&Token::Pipe, "|")?;
        let body = self.nested(Self::expression)?;
        let whole = Span { start: open.start, end: body.span.end };
        self.node(AstKind::Closure { parameter: Word { text, span }, body: Box::new(body) }, whole)
    }

    /// `if c { a } else if d { b } else { e }`: a loop, so that a long ladder costs tree height and no stack.
    fn condition(&mut self) -> Parsed<Ast> {
        let mut steps = Vec::new();
        let mut tail = loop {
            let (_, start) = self.advance();
            let condition = self.expression()?;
            let (then, _) = self.block()?;
            steps.push((start.start, condition, then));
            if *self.peek() != Token::Else {
                self.expect(&Token::Else, "else { … }")?;
            }
            self.advance();
            if *self.peek() != Token::If {
                break self.block()?;
            }
        };
        for (start, condition, then) in steps.into_iter().rev() {
            let (otherwise, end) = tail;
            let kind = AstKind::If { condition: Box::new(condition), then: Box::new(then), otherwise: Box::new(otherwise) };
            tail = (self.node(kind, Span { start, end })?, end);
        }
        Ok(tail.0)
    }

    fn block(&mut self) -> Parsed<(Ast, usize)> {
        self.expect(&Token::OpenBrace, "{")?;
        let inner = self.expression()?;
        let close = self.expect(&Token::CloseBrace, "}")?;
        Ok((inner, close.end))
    }
}

fn children(kind: &AstKind) -> Vec<&Ast> {
    match kind {
        AstKind::Null | AstKind::Bool(_) | AstKind::Number(_) | AstKind::Text(_) | AstKind::Name(_) | AstKind::Parameter(_) => {
            Vec::new()
        }
        AstKind::Member { of, .. } | AstKind::Not(of) | AstKind::Negate(of) | AstKind::Closure { body: of, .. } => vec![of],
        AstKind::Method { of, arguments, .. } => std::iter::once(of.as_ref()).chain(arguments).collect(),
        AstKind::Call { arguments: items, .. } | AstKind::List(items) => items.iter().collect(),
        AstKind::Binary { left, right, .. } => vec![left, right],
        AstKind::If { condition, then, otherwise } => vec![condition, then, otherwise],
    }
}

/// A token as a person would call it: (Chinese, English).
fn describe(token: &Token) -> (String, String) {
    let same = |text: &str| (format!(" {text} "), text.to_owned());
    match token {
        Token::Number(number) => same(&number.to_string()),
        Token::Text(_) => ("一段文本".to_owned(), "a text".to_owned()),
        Token::Name(name) => same(name),
        Token::Parameter(name) => same(&format!("${name}")),
        Token::Operator(operator) => same(operator.text()),
        Token::True => same("true"),
        Token::False => same("false"),
        Token::Null => same("null"),
        Token::If => same("if"),
        Token::Else => same("else"),
        Token::Not => same("!"),
        Token::OpenParen => same("("),
        Token::CloseParen => same(")"),
        Token::OpenBracket => same("["),
        Token::CloseBracket => same("]"),
        Token::OpenBrace => same("{"),
        Token::CloseBrace => same("}"),
        Token::Comma => same(","),
        Token::Dot => same("."),
        Token::Pipe => same("|"),
        Token::End => ("表达式的结尾".to_owned(), "the end of the expression".to_owned()),
    }
}
